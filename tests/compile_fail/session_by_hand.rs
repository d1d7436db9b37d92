//~ E0451 private
//! A session can't be made by hand: only verification gives one.

fn forge(info: cloakroom::SessionInfo) -> cloakroom::Session<(), Vec<u8>> {
    cloakroom::Session {
        payload: (),
        plaintext: Vec::new(),
        info,
        subject: (0, 0),
        payload_at: 0,
        newer: false,
    }
}

fn main() {}
