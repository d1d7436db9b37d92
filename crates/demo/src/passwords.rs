//! A stand-in for your user database. Checking passwords is not what cloakroom is for.
//!
//! A real server stores a hash per user (Argon2id, from the crate `argon2`) and limits attempts.

use crate::app::User;

/// A user of the demo, with a password that everybody knows.
pub struct DemoUser {
    pub name: &'static str,
    pub password: &'static str,
    pub admin: bool,
}

/// DEMO CREDENTIALS: they protect nothing.
pub const DEMO_USERS: [DemoUser; 3] = [
    DemoUser {
        name: "ada",
        password: "demo-ada",
        admin: false,
    },
    DemoUser {
        name: "grace",
        password: "demo-grace",
        admin: false,
    },
    DemoUser {
        name: "admin",
        password: "demo-admin",
        admin: true,
    },
];

/// The user whose password this is. All users are gone through, and all bytes compared, so that the
/// time does not tell which names exist.
pub fn check(name: &str, password: &str) -> Option<User> {
    let mut found = None;
    for user in &DEMO_USERS {
        let same_password = same(user.password.as_bytes(), password.as_bytes());
        if same(user.name.as_bytes(), name.as_bytes()) & same_password {
            found = Some(User {
                name: user.name.to_owned(),
                admin: user.admin,
                note: String::new(),
            });
        }
    }
    found
}

/// Takes as long for a wrong first byte as for a wrong last one. The length shows.
fn same(left: &[u8], right: &[u8]) -> bool {
    let pairs = left.iter().zip(right);
    left.len() == right.len() && pairs.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
