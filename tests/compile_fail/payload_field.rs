//~ E0616 private
//! The payload can't be replaced in a verified session.

fn promote(session: &mut cloakroom::Session<bool>) {
    session.payload = true;
}

fn main() {}
