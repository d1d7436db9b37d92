//! Looks for secrets in printed text, in every form that formatting gives bytes.

use std::fmt::{Debug, Display};

/// Prints what a type can print: `Display` where there is one, else nothing.
pub(crate) struct Probe<'v, T>(pub(crate) &'v T);

pub(crate) trait ViaDisplay {
    fn display(&self) -> Option<String>;
}

impl<T: Display> ViaDisplay for Probe<'_, T> {
    fn display(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

pub(crate) trait ViaDebug {
    fn debug(&self) -> Option<String>;
    fn long_debug(&self) -> Option<String>;
}

impl<T: Debug> ViaDebug for Probe<'_, T> {
    fn debug(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }

    fn long_debug(&self) -> Option<String> {
        Some(format!("{:#?}", self.0))
    }
}

/// What the compiler falls back to, one reference further away.
pub(crate) trait ViaNothing {
    fn display(&self) -> Option<String> {
        None
    }

    fn debug(&self) -> Option<String> {
        None
    }

    fn long_debug(&self) -> Option<String> {
        None
    }
}

impl<T> ViaNothing for &Probe<'_, T> {}

/// Pieces of secrets, each with the name of the secret.
#[derive(Default)]
pub(crate) struct Secrets(Vec<(&'static str, String)>);

/// Consecutive bytes that are found even if the rest is left out.
const PIECE: usize = 6;

impl Secrets {
    /// Every piece as hex, as the text it may be, as a list of numbers, escaped.
    pub(crate) fn bytes(&mut self, name: &'static str, secret: &[u8]) {
        for piece in secret.windows(PIECE) {
            let numbers = |format: fn(&u8) -> String| {
                let numbers: Vec<String> = piece.iter().map(format).collect();
                numbers.join(",")
            };
            let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            self.0.extend([
                (name, hex.to_uppercase()),
                (name, hex),
                (name, numbers(|byte| format!("{byte}"))),
                (name, numbers(|byte| format!("0x{byte:02x}"))),
                (name, numbers(|byte| format!("{byte:x}"))),
                (name, numbers(|byte| format!("{byte:02x}"))),
                (name, numbers(|byte| format!("{byte:02X}"))),
                (name, squeezed(&piece.escape_ascii().to_string())),
                (name, squeezed(&String::from_utf8_lossy(piece))),
            ]);
        }
        // base64 depends on where a piece starts; its inner characters do not.
        for skip in 0..3 {
            for piece in secret[skip..].chunks_exact(6) {
                let mut text = String::new();
                for group in piece.chunks(3) {
                    let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
                    text.extend([18, 12, 6, 0].map(|shift| digit((bits >> shift) & 63)));
                }
                self.0
                    .push((name, text.replace('-', "+").replace('_', "/")));
                self.0.push((name, text));
            }
        }
    }

    /// Every piece of a text, as it is and as bytes.
    pub(crate) fn text(&mut self, name: &'static str, secret: &str) {
        // The prefix tells what it is, not what it says.
        let secret = secret.split_once('.').map_or(secret, |(_, rest)| rest);
        self.bytes(name, secret.as_bytes());
    }

    /// The same of a text that begins with its key's id. That is public, it stands at the beginning of
    /// every token and form token under the key: six characters, the last of which is a random one's
    /// for four bits, so that one in sixteen texts has all six.
    pub(crate) fn after_key_id(&mut self, name: &'static str, secret: &str) {
        let (_, rest) = secret.split_once('.').unwrap();
        self.text(name, &rest[6..]);
    }

    /// The name of a secret of which `text` shows a piece.
    pub(crate) fn found_in(&self, text: &str) -> Option<&'static str> {
        let text = squeezed(text);
        let found = self.0.iter().find(|(_, piece)| text.contains(piece));
        found.map(|(name, _)| *name)
    }
}

/// Without white space, which the long form of `Debug` puts between the numbers of a list.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn digit(value: u32) -> char {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char::from(ALPHABET[value as usize])
}

/// A key text as it is when something went wrong with it: it is still nearly all of the key.
pub(crate) fn damaged(text: &str) -> Vec<String> {
    let middle = text.len() / 2;
    let (before, after) = text.split_at(middle);
    vec![
        format!("{text}="),
        format!(" {text}"),
        format!("{text}x"),
        text[1..].to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{before}{before}{after}"),
        format!("{before}é{after}"),
        format!("{before}é{}", &after[1..]),
        format!("{before} {after}"),
        format!("{before}+{}", &after[1..]),
        format!("{before}{}{}", swapped(after), &after[1..]),
        text.to_uppercase(),
        text.replacen("clkkey1", "clkkey2", 1),
        text.replacen("clkkey1", "clksub1", 1),
        text.replacen("clkkey1", "clk1", 1),
        text.replacen("clkkey1.", "", 1),
        text.replacen("clkkey1.", "v4.local.", 1),
        format!("\"{text}\""),
        format!("CLOAKROOM_KEYS={text}"),
    ]
}

fn swapped(after: &str) -> char {
    if after.starts_with('A') { 'B' } else { 'A' }
}

#[test]
fn the_search_finds_a_secret_in_every_form() {
    #[derive(Debug)]
    #[allow(dead_code, reason = "printed alone")]
    struct Leak<V>(V);

    let secret: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 7 + 3).unwrap());
    let mut secrets = Secrets::default();
    secrets.bytes("bytes", &secret);
    secrets.text("text", "clk1.Abc-def_ghi+jkl");
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    for leak in [
        format!("{:?}", Leak(secret)),
        format!("{:#?}", Leak(secret.to_vec())),
        format!("{:x?}", Leak(&secret[10..])),
        format!("{secret:02X?}"),
        format!("{secret:#x?}"),
        hex.to_uppercase(),
        format!("…{}…", &hex[20..40]),
        secret.escape_ascii().to_string(),
        String::from_utf8_lossy(&secret).into_owned(),
        // The first and the last bytes as base64url, as Python writes it.
        "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw".into(),
        "x AwoRGB8m x".into(),
        "x rK5wMfO1d x".replace("rK5w", "q7K5wMfO"),
    ] {
        assert_eq!(secrets.found_in(&leak), Some("bytes"), "{leak}");
    }
    for leak in [
        "Abc-def_ghi+jkl",
        "\"bc-def_\"",
        "[65, 98, 99, 45, 100, 101]",
    ] {
        assert_eq!(secrets.found_in(leak), Some("text"), "{leak}");
    }
    assert_eq!(
        secrets.found_in("Session { info: SessionInfo { id: SessionId(..) } }"),
        None
    );
}

#[test]
fn the_probe_prints_what_a_type_has() {
    struct Mute;

    let mute = Probe(&Mute);
    assert_eq!(
        [(&mute).debug(), (&mute).long_debug(), (&mute).display()],
        [None, None, None]
    );
    let both = Probe(&5_u8);
    assert_eq!(
        [(&both).debug(), (&both).display()],
        [Some("5".into()), Some("5".into())]
    );
    let unit = Probe(&());
    assert_eq!(
        [(&unit).debug(), (&unit).display()],
        [Some("()".into()), None]
    );
}
