//~ E0451 private
//! Nor can what is known about one.

fn change(info: cloakroom::SessionInfo) -> cloakroom::SessionInfo {
    cloakroom::SessionInfo {
        authenticated_at: 0,
        ..info
    }
}

fn main() {}
