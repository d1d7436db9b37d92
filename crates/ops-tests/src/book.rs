//! A runbook: its blocks of commands, in order.

use std::cell::Cell;

use crate::place::Place;
use crate::programs::workspace;

pub struct Book {
    name: String,
    blocks: Vec<String>,
    next: Cell<usize>,
}

impl Book {
    pub fn open(name: &str) -> Self {
        let path = workspace().join("docs/runbooks").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
        Self {
            name: name.to_owned(),
            blocks: blocks(&text),
            next: Cell::new(0),
        }
    }

    /// Runs the next block, which must succeed, and returns what it printed.
    pub fn run_next(&self, place: &Place) -> String {
        self.run(place, true)
    }

    /// Runs the next block, which must fail, and returns what it printed.
    pub fn fail_next(&self, place: &Place) -> String {
        self.run(place, false)
    }

    /// For a block that says the same of another engine; a test with that one runs it.
    pub fn skip_next(&self) {
        self.next_block();
    }

    fn run(&self, place: &Place, succeeds: bool) -> String {
        let (number, block) = self.next_block();
        let (succeeded, output) = place.try_run(block);
        let name = &self.name;
        assert_eq!(
            succeeded,
            succeeds,
            "{name}, block {number}:\n{block}\nsaid:\n{output}\n{}",
            logged(place)
        );
        output
    }

    /// With its number, from 1 on.
    fn next_block(&self) -> (usize, &str) {
        let at = self.next.get();
        let block = self.blocks.get(at);
        let block = block.unwrap_or_else(|| panic!("{} has no block {}", self.name, at + 1));
        self.next.set(at + 1);
        (at + 1, block)
    }

    /// A command that no test runs is one that nobody knows to work.
    pub fn is_done(&self) {
        let (ran, all) = (self.next.get(), self.blocks.len());
        assert_eq!(ran, all, "{}: blocks that ran, and all", self.name);
    }
}

/// The end of what the server wrote meanwhile.
fn logged(place: &Place) -> String {
    let log = std::fs::read_to_string(place.path("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(30));
    let last: Vec<&str> = last.copied().collect();
    format!("its server:\n{}", last.join("\n"))
}

fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```sh\n") {
        let (block, after) = after.split_once("\n```").expect("an open block");
        blocks.push(block.to_owned());
        rest = after;
    }
    assert!(!blocks.is_empty(), "a runbook without commands");
    blocks
}
