//! The text form, read back. The grammar is in the documentation of [`super::Description`].

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::ParseShapeError;
use super::node::{Body, Field, Node, Scalar};
use super::text::is_word;

/// Nested types that are read back. More than are ever printed.
const MAX_DEPTH: u8 = 128;

pub(super) fn parse(text: &str) -> Result<Node, ParseShapeError> {
    let mut parser = Parser { text, rest: text };
    let node = parser.node(MAX_DEPTH)?;
    parser.skip_spaces();
    if parser.rest.is_empty() {
        Ok(node)
    } else {
        Err(parser.error("the end"))
    }
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Parser<'t> {
    const fn error(&self, wanted: &'static str) -> ParseShapeError {
        ParseShapeError::new(self.text.len().saturating_sub(self.rest.len()), wanted)
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Takes `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.skip_spaces();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &'static str) -> Result<(), ParseShapeError> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.error(token))
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        self.skip_spaces();
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> Result<usize, ParseShapeError> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| self.error("a number"))
    }

    /// A word, or a quoted text, and which of the two it was.
    fn label(&mut self) -> Result<(String, bool), ParseShapeError> {
        if self.take("\"") {
            return self.quoted().map(|text| (text, true));
        }
        let start = self.error("a name");
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if is_word(word) {
            Ok((word.to_string(), false))
        } else {
            Err(start)
        }
    }

    fn name(&mut self) -> Result<String, ParseShapeError> {
        self.label().map(|(name, _)| name)
    }

    fn quoted(&mut self) -> Result<String, ParseShapeError> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => match chars.next() {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    Some('u') => {
                        let inner = chars.as_str().strip_prefix('{');
                        let (digits, rest) = inner
                            .and_then(|inner| inner.split_once('}'))
                            .ok_or_else(|| self.error("an escape such as \\u{e9}"))?;
                        let code = u32::from_str_radix(digits, 16)
                            .ok()
                            .and_then(char::from_u32);
                        text.push(code.ok_or_else(|| self.error("an escape such as \\u{e9}"))?);
                        chars = rest.chars();
                    }
                    _ => return Err(self.error("an escape")),
                },
                Some(c) => text.push(c),
                None => return Err(self.error("a closing quote")),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }

    /// What follows an opening token, separated by commas, up to `close`. The second result is
    /// whether a comma stood before `close`.
    fn list<T>(
        &mut self,
        close: &'static str,
        mut one: impl FnMut(&mut Self, usize) -> Result<T, ParseShapeError>,
    ) -> Result<(Vec<T>, bool), ParseShapeError> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return Err(self.error(close));
            }
            items.push(one(self, items.len())?);
            comma = self.take(",");
        }
        Ok((items, comma))
    }

    fn fields(&mut self, depth: u8) -> Result<Vec<Field>, ParseShapeError> {
        let one = |parser: &mut Self, _| {
            let name = parser.name()?;
            parser.expect(":")?;
            Ok((name, parser.node(depth)?))
        };
        self.list("}", one).map(|(fields, _)| fields)
    }

    fn parts(&mut self, depth: u8) -> Result<(Vec<Node>, bool), ParseShapeError> {
        self.list(")", |parser, _| parser.node(depth))
    }

    fn boxed(&mut self, depth: u8, after: &'static str) -> Result<Box<Node>, ParseShapeError> {
        let node = self.node(depth)?;
        self.expect(after)?;
        Ok(Box::new(node))
    }

    fn node(&mut self, depth: u8) -> Result<Node, ParseShapeError> {
        let depth = depth
            .checked_sub(1)
            .ok_or_else(|| self.error("fewer nested types"))?;
        if self.take("(") {
            return self.parts(depth).map(|(parts, _)| Node::tuple(parts));
        }
        if self.take("[") {
            let of = self.boxed(depth, ";")?;
            let len = self.number()?;
            self.expect("]")?;
            return if len == 0 {
                Err(self.error("a length"))
            } else {
                Ok(Node::Array(of, len))
            };
        }
        let carets = self.take_while(|c| c == '^').len();
        if carets > 0 {
            return Ok(Node::Ref {
                name: self.name()?,
                nth: carets,
            });
        }
        let start = self.error("a type");
        let (name, quoted) = self.label()?;
        match name.as_str() {
            "option" if !quoted => {
                self.expect("<")?;
                self.boxed(depth, ">").map(Node::Option)
            }
            "seq" if !quoted => {
                self.expect("<")?;
                self.boxed(depth, ">").map(Node::Seq)
            }
            "map" if !quoted => {
                self.expect("<")?;
                let key = self.boxed(depth, ",")?;
                Ok(Node::Map(key, self.boxed(depth, ">")?))
            }
            "enum" if !quoted => self.variants(depth),
            "unit" if !quoted => {
                self.skip_spaces();
                if self
                    .rest
                    .starts_with(|c: char| c == '"' || c == '_' || c.is_ascii_alphabetic())
                {
                    return self.name().map(Node::UnitStruct);
                }
                Ok(Node::Scalar(Scalar::Unit))
            }
            _ => match Scalar::named(&name) {
                Some(scalar) if !quoted => Ok(Node::Scalar(scalar)),
                _ => self.container(name, depth)?.ok_or(start),
            },
        }
    }

    fn container(&mut self, name: String, depth: u8) -> Result<Option<Node>, ParseShapeError> {
        if self.take("{") {
            return self
                .fields(depth)
                .map(|fields| Some(Node::Struct { name, fields }));
        }
        if self.take("(") {
            let (parts, comma) = self.parts(depth)?;
            return Ok(Some(match one_of(parts, comma) {
                Ok(only) => Node::Newtype(name, Box::new(only)),
                Err(parts) => Node::TupleStruct(name, parts),
            }));
        }
        Ok(None)
    }

    fn variants(&mut self, depth: u8) -> Result<Node, ParseShapeError> {
        let name = self.name()?;
        self.expect("{")?;
        let one = |parser: &mut Self, index: usize| {
            if parser.number()? != index {
                return Err(parser.error("variants numbered from 0"));
            }
            let label = parser.name()?;
            let body = if parser.take("{") {
                Body::Struct(parser.fields(depth)?)
            } else if parser.take("(") {
                let (parts, comma) = parser.parts(depth)?;
                match one_of(parts, comma) {
                    Ok(only) => Body::Newtype(only),
                    Err(parts) => Body::Tuple(parts),
                }
            } else {
                Body::Unit
            };
            Ok((label, body))
        };
        self.list("}", one)
            .map(|(variants, _)| Node::Enum { name, variants })
    }
}

/// The only part, if no comma says that it is a tuple's.
fn one_of(parts: Vec<Node>, comma: bool) -> Result<Node, Vec<Node>> {
    match <[Node; 1]>::try_from(parts) {
        Ok([only]) if !comma => Ok(only),
        Ok([only]) => Err(Vec::from([only])),
        Err(parts) => Err(parts),
    }
}
