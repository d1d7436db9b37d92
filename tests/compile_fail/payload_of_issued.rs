//~ E0599 payload
//! A token that was just issued has no payload to read: it was not verified against anything.

fn payload(issued: &cloakroom::Issued) {
    issued.session.payload();
}

fn main() {}
