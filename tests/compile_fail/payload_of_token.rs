//~ E0599 payload
//! There is no way from a token to its payload but `verify`.

fn payload(token: &cloakroom::Token) {
    token.payload();
}

fn main() {}
