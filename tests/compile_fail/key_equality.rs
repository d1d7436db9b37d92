//~ E0369 Key
//! Keys are not compared: `==` stops at the first difference, and its time tells where that is.

fn same(one: &cloakroom::Key, other: &cloakroom::Key) -> bool {
    *one == *other
}

fn main() {}
