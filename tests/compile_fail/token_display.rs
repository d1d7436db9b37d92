//~ E0277 Display
//! A token gets into a log only on purpose.

fn log(token: &cloakroom::Token) {
    println!("{token}");
}

fn main() {}
