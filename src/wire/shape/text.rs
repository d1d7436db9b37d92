//! The text form, printed. The grammar is in the documentation of [`super::Description`].

use core::fmt;

use super::node::{Body, Field, Node, Scalar};

const KEYWORDS: [&str; 4] = ["option", "seq", "map", "enum"];

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

fn print(node: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match node {
        Node::Scalar(scalar) => f.write_str(scalar.name()),
        Node::Option(of) => print_around(f, "option<", of, ">"),
        Node::Seq(of) => print_around(f, "seq<", of, ">"),
        Node::Map(key, value) => {
            print_around(f, "map<", key, ", ")?;
            print_around(f, "", value, ">")
        }
        Node::Array(of, len) => {
            print_around(f, "[", of, "; ")?;
            write!(f, "{len}]")
        }
        Node::Tuple(parts) => print_parts(parts, f),
        Node::UnitStruct(name) => {
            f.write_str("unit ")?;
            print_name(name, f)
        }
        Node::Newtype(name, of) => {
            print_name(name, f)?;
            print_around(f, "(", of, ")")
        }
        Node::TupleStruct(name, parts) => {
            print_name(name, f)?;
            print_parts(parts, f)
        }
        Node::Struct { name, fields } => {
            print_name(name, f)?;
            print_fields(fields, f)
        }
        Node::Enum { name, variants } => {
            f.write_str("enum ")?;
            print_name(name, f)?;
            print_braced(
                f,
                variants.iter().enumerate(),
                |(index, (name, body)), f| {
                    write!(f, "{index} ")?;
                    print_label(name, f)?;
                    match body {
                        Body::Unit => Ok(()),
                        Body::Newtype(of) => print_around(f, "(", of, ")"),
                        Body::Tuple(parts) => print_parts(parts, f),
                        Body::Struct(fields) => print_fields(fields, f),
                    }
                },
            )
        }
        Node::Ref { name, nth } => {
            (0..*nth).try_for_each(|_| f.write_str("^"))?;
            print_name(name, f)
        }
    }
}

fn print_around(f: &mut fmt::Formatter<'_>, before: &str, of: &Node, after: &str) -> fmt::Result {
    f.write_str(before)?;
    print(of, f)?;
    f.write_str(after)
}

fn print_braced<T>(
    f: &mut fmt::Formatter<'_>,
    parts: impl ExactSizeIterator<Item = T>,
    print_one: impl Fn(T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    if parts.len() == 0 {
        return f.write_str(" {}");
    }
    let mut before = " { ";
    for part in parts {
        f.write_str(before)?;
        print_one(part, f)?;
        before = ", ";
    }
    f.write_str(" }")
}

fn print_fields(fields: &[Field], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print_braced(f, fields.iter(), |(name, node), f| {
        print_label(name, f)?;
        print_around(f, ": ", node, "")
    })
}

fn print_parts(parts: &[Node], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    let mut before = "";
    for part in parts {
        print_around(f, before, part, "")?;
        before = ", ";
    }
    // Without the comma, one part would read as a newtype.
    f.write_str(if parts.len() == 1 { ",)" } else { ")" })
}

pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_reserved(text: &str) -> bool {
    Scalar::named(text).is_some() || KEYWORDS.contains(&text)
}

fn print_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_reserved(name) {
        print_quoted(name, f)
    } else {
        print_label(name, f)
    }
}

fn print_label(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_word(name) {
        f.write_str(name)
    } else {
        print_quoted(name, f)
    }
}

fn print_quoted(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for c in name.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            ' '..='~' => write!(f, "{c}")?,
            _ => write!(f, "{}", c.escape_unicode())?,
        }
    }
    f.write_str("\"")
}
