//! What the layer test sees of a source file: enough of Rust's syntax to find paths, not more.

use std::collections::BTreeMap;

/// The modules of a crate in the order of their `mod` lines.
pub(crate) struct Tree {
    /// From a module (`["key", "ring"]`) to its place in its folder and whether it needs `std`.
    modules: BTreeMap<Vec<String>, (usize, bool)>,
    files: Vec<Vec<String>>,
}

impl Tree {
    pub(crate) fn of(files: &BTreeMap<String, String>) -> Self {
        let mut modules = BTreeMap::new();
        for (path, text) in files {
            let parent = if path == "lib.rs" {
                Vec::new()
            } else {
                Self::module(path)
            };
            let code = strip(text);
            let guards = guarded(&code);
            let words = tokens(&code);
            let declared = words
                .windows(3)
                .filter(|window| window[0].text == "mod" && window[2].text == ";");
            for (place, window) in declared.enumerate() {
                let mut module = parent.clone();
                module.push(window[1].text.to_owned());
                let std = guards.iter().any(|range| range.contains(&window[0].at));
                modules.insert(module, (place, std));
            }
        }
        let files = files
            .keys()
            .filter(|path| *path != "lib.rs")
            .map(|path| Self::module(path))
            .collect();
        Self { modules, files }
    }

    /// `key/ring.rs` is `["key", "ring"]`; `lib.rs` is `["lib"]`.
    pub(crate) fn module(path: &str) -> Vec<String> {
        let path = path.strip_suffix(".rs").unwrap_or(path);
        path.split('/').map(str::to_owned).collect()
    }

    /// Files that nothing declares would escape the order, and declarations without a file hide one
    /// that is elsewhere.
    pub(crate) fn undeclared(&self) -> Vec<String> {
        let orphans = self
            .files
            .iter()
            .filter(|file| !self.modules.contains_key(*file))
            .map(|file| format!("{}.rs: no parent declares it", file.join("/")));
        let missing = self
            .modules
            .keys()
            .filter(|module| !self.files.contains(module))
            .map(|module| format!("{}: declared, and no file has it", module.join("::")));
        orphans.chain(missing).collect()
    }

    /// Whether the whole file stands behind the feature `std`.
    pub(crate) fn needs_std(&self, path: &str) -> bool {
        let module = Self::module(path);
        (1..=module.len()).any(|end| {
            self.modules
                .get(&module[..end])
                .is_some_and(|(_, std)| *std)
        })
    }

    /// The place of the file that a path leads to in its folder. What is in the folder's own file
    /// comes last: it may name everything in the folder. Files further down belong to their parent.
    pub(crate) fn order(&self, path: &[String]) -> usize {
        path.get(..2)
            .and_then(|module| self.modules.get(module))
            .map_or(usize::MAX, |(place, _)| *place)
    }
}

/// The text with comments and the contents of literals blanked out, every character in its place.
/// What follows `feature = ` is kept: it decides what is compiled.
pub(crate) fn strip(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = bytes
        .iter()
        .map(|b| if *b == b'\n' { b'\n' } else { b' ' })
        .collect();
    let starts =
        |at: usize, what: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(what));
    let mut at = 0;
    while at < bytes.len() {
        let end = if starts(at, b"//") {
            find(bytes, at, b"\n")
        } else if starts(at, b"/*") {
            let (mut depth, mut end) = (0, at);
            loop {
                if starts(end, b"/*") {
                    (depth, end) = (depth + 1, end + 2);
                } else if starts(end, b"*/") {
                    (depth, end) = (depth - 1, end + 2);
                } else {
                    end += 1;
                }
                if depth == 0 || end >= bytes.len() {
                    break end;
                }
            }
        } else if let Some(hashes) = raw_string(bytes, at) {
            let mut close = vec![b'"'];
            close.resize(hashes + 1, b'#');
            find(bytes, at + hashes + 2, &close) + close.len()
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            if out[..at].ends_with(b"feature = ") {
                out[at..=end].copy_from_slice(&bytes[at..=end]);
            }
            end + 1
        } else if starts(at, b"'\\") {
            find(bytes, at + 3, b"'") + 1
        } else if bytes[at] == b'\'' && char_literal(bytes, at) {
            find(bytes, at + 1, b"'") + 1
        } else {
            out[at] = bytes[at];
            at + 1
        };
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    (from..bytes.len())
        .find(|at| bytes[*at..].starts_with(what))
        .unwrap_or(bytes.len())
}

/// The number of `#` of a raw string that starts here.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let within = at
        .checked_sub(1)
        .is_some_and(|before| bytes[before].is_ascii_alphanumeric() && bytes[before] != b'b');
    if bytes[at] != b'r' || within {
        return None;
    }
    let hashes = bytes[at + 1..].iter().take_while(|b| **b == b'#').count();
    (bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
}

/// `'x'`, not the lifetime `'x`.
fn char_literal(bytes: &[u8], at: usize) -> bool {
    let rest = String::from_utf8_lossy(&bytes[at + 1..]);
    let mut chars = rest.chars();
    chars.next().is_some() && chars.next() == Some('\'')
}

pub(crate) struct Token<'c> {
    pub(crate) text: &'c str,
    pub(crate) at: usize,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Identifiers and single characters, `::` as one.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        } else if is_word(bytes[at]) {
            bytes[at..].iter().take_while(|b| is_word(**b)).count()
        } else if bytes[at..].starts_with(b"::") {
            2
        } else {
            1
        };
        found.push(Token {
            text: &code[at..at + length],
            at,
        });
        at += length;
    }
    found
}

pub(crate) fn has_word(code: &str, word: &str) -> bool {
    tokens(code).iter().any(|token| token.text == word)
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// Every path that starts at the root, with groups taken apart and `super` resolved.
pub(crate) fn imports(code: &str, own: &[String]) -> Vec<Import> {
    let words = tokens(code);
    let text = |index: usize| words.get(index).map_or("", |token| token.text);
    let mut found = Vec::new();
    for (index, token) in words.iter().enumerate() {
        let before = index.checked_sub(1).map_or("", text);
        let starts_here = before != "$" && before != "in" && before != "::";
        if text(index + 1) != "::" || !starts_here {
            continue;
        }
        let (mut prefix, mut next) = (Vec::new(), index + 2);
        match token.text {
            "crate" => {}
            "self" => prefix = own.to_vec(),
            "super" => {
                prefix = own[..own.len() - 1].to_vec();
                while text(next) == "super" && text(next + 1) == "::" {
                    prefix.pop();
                    next += 2;
                }
            }
            _ => continue,
        }
        let mut paths = Vec::new();
        leaves(&words, &mut next, &prefix, &mut paths);
        let line = line(code, token.at);
        found.extend(paths.into_iter().map(|path| Import { path, line }));
    }
    found
}

/// Reads one branch of a use tree.
fn leaves(words: &[Token<'_>], at: &mut usize, prefix: &[String], into: &mut Vec<Vec<String>>) {
    let text = |index: usize| words.get(index).map_or("", |token| token.text);
    let mut path = prefix.to_vec();
    loop {
        match text(*at) {
            "{" => {
                *at += 1;
                while !matches!(text(*at), "}" | "") {
                    leaves(words, at, &path, into);
                    while !matches!(text(*at), "," | "}" | "") {
                        *at += 1;
                    }
                    if text(*at) == "," {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            word @ "*" => path.push(word.to_owned()),
            word if word.bytes().next().is_some_and(is_word) => path.push(word.to_owned()),
            _ => break,
        }
        *at += 1;
        if text(*at) != "::" {
            break;
        }
        *at += 1;
    }
    into.push(path);
}

/// Lines on which the crate's root is given a name that [`imports`] would not follow.
pub(crate) fn hidden_roots(code: &str) -> Vec<usize> {
    let words = tokens(code);
    let renamed = words.windows(2).filter(|pair| {
        (pair[0].text == "crate" && matches!(pair[1].text, "as" | ";" | "self"))
            || (pair[0].text == "super" && pair[1].text == "as")
    });
    renamed.map(|pair| line(code, pair[0].at)).collect()
}

/// Lines with a path into `std` that no `#[cfg(feature = "std")]` covers.
pub(crate) fn unguarded_std(code: &str) -> Vec<usize> {
    let guards = guarded(code);
    let words = tokens(code);
    let paths = words
        .windows(2)
        .filter(|pair| pair[0].text == "std" && matches!(pair[1].text, "::" | "as" | ";"));
    paths
        .map(|pair| pair[0].at)
        .filter(|at| !guards.iter().any(|range| range.contains(at)))
        .map(|at| line(code, at))
        .collect()
}

/// The items, fields and statements behind `#[cfg(feature = "std")]`, as ranges of bytes. Only the
/// plain attribute counts: what `any` and `not` make of it is for a person to judge.
fn guarded(code: &str) -> Vec<std::ops::Range<usize>> {
    const GUARD: &str = "#[cfg(feature = \"std\")]";
    const ITEMS: &[&str] = &[
        "const", "enum", "extern", "fn", "impl", "mod", "pub", "static", "struct", "trait", "type",
        "use",
    ];
    code.match_indices(GUARD)
        .map(|(start, _)| {
            let words = tokens(&code[start..]);
            let mut next = 0;
            while words.get(next).is_some_and(|token| token.text == "#") {
                next = words[next..]
                    .iter()
                    .position(|token| token.text == "]")
                    .map_or(words.len(), |end| next + end + 1);
            }
            let is_item = words
                .get(next)
                .is_some_and(|token| ITEMS.contains(&token.text));
            let mut depth = 0_usize;
            let end = words.iter().skip(next).find(|token| {
                match token.text {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && (matches!(token.text, ";" | "}") || (token.text == "," && !is_item))
            });
            start..start + end.map_or(0, |token| token.at)
        })
        .collect()
}
