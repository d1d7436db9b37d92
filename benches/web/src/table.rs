//! The answers, and the table that the README makes of them. `tests/answers.rs` asks every question of
//! every peer and compares with this; `tests/readme.rs` compares the README.

use crate::app::Peer;
use crate::peers;
use crate::questions::{self, Question};

/// One row: the question, and the answers in the order of the columns. Both applications of ours give
/// the first.
pub struct Row {
    pub question: Question,
    pub answers: [&'static str; 6],
}

pub fn rows() -> Vec<Row> {
    let questions = questions::ALL.into_iter().chain([questions::RESTART]);
    let rows = questions.zip(ANSWERS);
    rows.map(|(question, answers)| Row { question, answers })
        .collect()
}

const STRICT: &str = "Secure, HttpOnly, Strict";
const CYCLE: &str = "logged in, unless the handler calls `cycle_id`";
const PLANTED: &str = "worthless if anonymous, logged in if it was somebody's";
const ON_DISK: &str = "all are logged out; a store on a disk keeps them";

#[rustfmt::skip]
const ANSWERS: [[&str; 6]; 13] = [
    ["refused", "works", "works", "refused", "refused", "refused"],
    ["refused", "works", "works", "works", "refused", "refused"],
    ["idle and absolute", "none", "none", "idle or absolute", "idle or absolute", "idle or absolute"],
    ["error 500, no cookie", "error 500, no cookie", "sent, and browsers drop it", "error 500, no cookie", "kept", "kept"],
    ["none", "3,000 to 4,000", "from 3,000", "2,200 to 2,900", "none", "none"],
    ["`__Host-`, Secure, HttpOnly, Lax", "Secure, HttpOnly, Lax", "no attributes", STRICT, STRICT, STRICT],
    ["403", "runs", "runs", "runs", "runs", "runs"],
    ["403", "works", "works", "works", "works", "works"],
    ["worthless", "worthless", "worthless", "worthless", CYCLE, PLANTED],
    ["sessions live on", "all are logged out", "all are logged out", "all are logged out", "has no key", "has no key"],
    ["one call", "no call for it", "no call for it", "no call for it", "no call for it", "when the user's auth hash changes"],
    ["10", "30", "20", "40", "20", "40"],
    ["sessions live on; so do logouts with the feature `redb`", "sessions live on", "sessions live on", "sessions live on", ON_DISK, ON_DISK],
];

/// Which column a peer stands in.
pub fn column(peer: &Peer) -> usize {
    let found = peers::ALL.iter().position(|other| other.name == peer.name);
    found.expect("a peer of the list").saturating_sub(1)
}

pub const BEGIN: &str = "<!-- what people use today: begin -->\n";
pub const END: &str = "<!-- what people use today: end -->\n";

/// The table in Markdown.
pub fn render() -> String {
    let mut text = String::from("| | cloakroom |");
    for peer in &peers::ALL[2..] {
        text += &format!(" {} |", peer.name);
    }
    text += "\n|---|---|---|---|---|---|---|\n";
    for Row { question, answers } in rows() {
        text += &format!("| {} | {} |\n", question.title, answers.join(" | "));
    }
    text
}

/// What stands between the markers.
pub fn in_readme(readme: &str) -> Option<&str> {
    let (_, behind) = readme.split_once(BEGIN)?;
    behind.split_once(END).map(|(table, _)| table)
}
