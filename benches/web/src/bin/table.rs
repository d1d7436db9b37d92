//! Prints the README's table; with `--ask`, finds the answers out first and prints those.

use cloakroom_web_peers::{peers, questions, table};

fn main() {
    if std::env::args().nth(1).as_deref() != Some("--ask") {
        print!("{}", table::render());
        return;
    }
    for question in questions::ALL.iter().chain([&questions::RESTART]) {
        println!("{}", question.title);
        for peer in &peers::ALL {
            println!("    {:<32} {}", peer.name, (question.ask)(peer));
        }
    }
}
