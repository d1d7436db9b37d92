//~ E0277 Display
//! So does a key.

fn log(key: &cloakroom::Key) {
    println!("{key}");
}

fn main() {}
