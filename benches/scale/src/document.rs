//! The tables in docs/scale.md, between lines that name them.

use std::path::Path;
use std::process::ExitCode;

fn marks(name: &str) -> (String, String) {
    (
        format!("<!-- scale: {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    )
}

/// Where the table of this name stands.
fn place(text: &str, name: &str) -> Option<(usize, usize)> {
    let (begin, end) = marks(name);
    let from = text.find(&begin)? + begin.len();
    let upto = from + text.get(from..)?.find(&end)?;
    Some((from, upto))
}

pub fn write(docs: &Path, tables: &[(&str, String)], plots: &[(&str, String)]) -> ExitCode {
    let path = docs.join("scale.md");
    let mut text = std::fs::read_to_string(&path).expect("docs/scale.md");
    for (name, table) in tables {
        let Some((from, upto)) = place(&text, name) else {
            eprintln!("docs/scale.md: no place for {name}");
            return ExitCode::FAILURE;
        };
        text.replace_range(from..upto, &format!("\n{table}\n"));
    }
    std::fs::write(&path, text).expect("docs/scale.md");
    for (name, svg) in plots {
        std::fs::write(docs.join(name), svg).expect("a plot");
    }
    ExitCode::SUCCESS
}

/// How far a number may be from what is printed: the list's memory hangs on random seeds.
const NEAR: f64 = 0.03;

/// Words and numbers one by one.
fn same(old: &str, new: &str) -> bool {
    let value = |word: &str| {
        word.trim_matches(['(', ')'])
            .replace(',', "")
            .parse::<f64>()
    };
    let (mut old, mut new) = (old.split_whitespace(), new.split_whitespace());
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => match (value(a), value(b)) {
                (Ok(a), Ok(b)) if (a - b).abs() <= NEAR * a.abs().max(b.abs()) => {}
                _ => return false,
            },
            _ => return false,
        }
    }
}

pub fn check(docs: &Path, tables: &[(&str, String)], plots: &[(&str, String)]) -> ExitCode {
    let text = std::fs::read_to_string(docs.join("scale.md")).unwrap_or_default();
    let mut good = true;
    for (name, table) in tables {
        let there = place(&text, name).and_then(|(from, upto)| text.get(from..upto));
        if !there.is_some_and(|there| same(there, table)) {
            eprintln!("docs/scale.md: {name} differs from what is computed:\n{table}");
            good = false;
        }
    }
    for (name, svg) in plots {
        if std::fs::read_to_string(docs.join(name)).unwrap_or_default() != *svg {
            eprintln!("docs/{name} differs from what is drawn");
            good = false;
        }
    }
    if good {
        println!("docs/scale.md and its plots are as computed");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
