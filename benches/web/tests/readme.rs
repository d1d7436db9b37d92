//! The README's table says what the tests found out.

use cloakroom_web_peers::table;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_table_of_the_readme_is_the_one_of_the_answers() {
    let found = table::in_readme(README).expect("the markers");
    assert_eq!(
        found,
        table::render(),
        "cargo run --manifest-path benches/web/Cargo.toml prints the table"
    );
}
