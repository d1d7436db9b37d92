//~ E0080 smaller
//! The payload before this one has a smaller major.

mod other {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct User;
    cloakroom::payload!(User, schema = (3, 0));
}

#[derive(serde::Serialize, serde::Deserialize)]
struct User;
cloakroom::payload!(User, schema = (2, 0), previous = other::User);

impl From<other::User> for User {
    fn from(_: other::User) -> Self {
        Self
    }
}

fn main() {}
