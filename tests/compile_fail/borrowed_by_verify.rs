//~ E0277 verify_in
//! A payload that borrows can't be returned by `verify`, which has nothing for it to borrow from.

#[derive(serde::Serialize, serde::Deserialize)]
struct User<'a> {
    name: &'a str,
}
cloakroom::payload!(User<'_>);

fn name(sessions: &cloakroom::Sessions<User<'static>>, token: &str) {
    let _ = sessions.verify(token);
}

fn main() {}
