//~ E0277 payload!
//! A type becomes a payload by one line, and the compiler says which.

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

fn name(sessions: &cloakroom::Sessions<User>) {
    let _ = sessions;
}

fn main() {}
