//~ E0277 Display
//! And the text of one.

fn log(key: &cloakroom::Key) {
    println!("{}", key.to_text());
}

fn main() {}
