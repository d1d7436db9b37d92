//! SPEC §7.4 to §7.6 for the types of the targets.

use std::collections::BTreeMap;
use std::fmt::Debug;

use cloakroom::RawBytes;

use crate::payloads::{Account, Choice, Everything, Grant, Id, Profile};
use crate::second::read::Bytes;

/// The minor that the types which grew have.
const MINOR: u32 = 1;

struct Reader<'a> {
    bytes: Bytes<'a>,
    elements: u64,
}

/// `None` beyond the 64th level.
fn level(level: u32) -> Option<u32> {
    (level <= 64).then_some(level)
}

impl Reader<'_> {
    fn flag(&mut self) -> Option<bool> {
        match self.bytes.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self, bits: u32) -> Option<u64> {
        self.bytes.varint(bits, false)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number(64)?;
        let bytes = self.bytes.take(length)?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    fn count(&mut self) -> Option<u64> {
        let count = self.number(64)?;
        self.elements = self.elements.checked_add(count)?;
        (self.elements <= 4096).then_some(count)
    }

    /// The fields of a struct at level `at`. `may_end` before `later`, and nowhere else.
    fn everything(&mut self, at: u32, may_end: bool) -> Option<Everything> {
        let at = level(at)?;
        Some(Everything {
            flag: self.flag()?,
            number: self.number(64)?,
            signed: {
                let zigzag = self.number(32)?;
                let half = (zigzag / 2) as i64;
                (if zigzag % 2 == 0 { half } else { -half - 1 }) as i32
            },
            text: self.text()?,
            bytes: {
                level(at + 1)?;
                let count = self.count()?;
                self.bytes.take(count)?.to_vec()
            },
            option: {
                level(at + 1)?;
                if self.flag()? {
                    Some(Box::new(self.everything(at + 2, false)?))
                } else {
                    None
                }
            },
            list: {
                level(at + 1)?;
                let mut list = Vec::new();
                for _ in 0..self.count()? {
                    list.push(self.number(16)? as u16);
                }
                list
            },
            nothing: {
                level(at + 1)?;
                vec![(); self.count()? as usize]
            },
            map: {
                level(at + 1)?;
                let mut map = BTreeMap::new();
                for _ in 0..self.count()? {
                    let name = self.text()?;
                    map.insert(name, self.bytes.byte()?);
                }
                map
            },
            choice: {
                level(at + 1)?;
                match self.number(32)? {
                    0 => Choice::A,
                    1 => Choice::B(self.number(32)? as u32),
                    2 => {
                        let first = self.bytes.byte()?;
                        let eight = self.bytes.take(8)?.try_into().ok()?;
                        Choice::C(first, f64::from_le_bytes(eight))
                    }
                    3 => Choice::D { x: self.flag()? },
                    _ => return None,
                }
            },
            later: self.last_text(at, may_end)?,
        })
    }

    /// An optional text at the end of the outermost struct, which an older writer did not have.
    fn last_text(&mut self, at: u32, may_end: bool) -> Option<Option<String>> {
        if may_end && self.bytes.0.is_empty() {
            return Some(None);
        }
        level(at + 1)?;
        Some(if self.flag()? {
            Some(self.text()?)
        } else {
            None
        })
    }

    fn ids(&mut self) -> Option<Vec<Id>> {
        let count = self.count()?;
        (0..count).map(|_| self.number(64).map(Id)).collect()
    }

    fn profile(&mut self, may_end: bool) -> Option<Profile> {
        // What an older writer left out is the last field alone: a default for the others is none.
        Some(Profile {
            id: Id(self.number(64)?),
            others: self.ids()?,
            letter: {
                let text = self.text()?;
                let mut letters = text.chars();
                letters.next().filter(|_| letters.next().is_none())?
            },
            ratio: f32::from_le_bytes(self.bytes.take(4)?.try_into().ok()?),
            pair: {
                let zigzag = self.number(16)? as i32;
                let half = zigzag / 2;
                let number = if zigzag % 2 == 0 { half } else { -half - 1 };
                (number as i16, self.flag()?)
            },
            note: self.last_text(1, may_end)?,
        })
    }

    fn grant(&mut self) -> Option<Grant> {
        Some(match self.number(32)? {
            0 => Grant::Nothing,
            1 => Grant::These(self.ids()?),
            2 => Grant::Pair(self.bytes.byte()?, self.text()?),
            3 => Grant::One {
                only: if self.flag()? {
                    Some(Id(self.number(64)?))
                } else {
                    None
                },
            },
            _ => return None,
        })
    }
}

/// A type as the second decoder reads it.
pub(crate) trait Second: Debug + Sized {
    /// The value, and whether its writer was newer.
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)>;

    /// As text, so that two NaN are the same.
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// The rules of growth around a reader of one major's fields.
fn grown<T>(
    own: u32,
    minor: u32,
    payload: &[u8],
    fields: impl FnOnce(&mut Reader<'_>, bool) -> Option<T>,
) -> Option<(T, bool)> {
    let mut reader = Reader {
        bytes: Bytes(payload),
        elements: 0,
    };
    let value = fields(&mut reader, minor < own)?;
    let newer = minor > own;
    (newer || reader.bytes.0.is_empty()).then_some((value, newer))
}

impl Second for Everything {
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)> {
        let fields = |reader: &mut Reader<'_>, may_end| reader.everything(1, may_end);
        (major == 1).then(|| grown(MINOR, minor, payload, fields))?
    }
}

impl Second for Account {
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)> {
        match major {
            1 => Everything::read(major, minor, payload).map(|(old, newer)| (old.into(), newer)),
            2 => grown(MINOR, minor, payload, |reader, may_end| {
                reader.profile(may_end).map(Self)
            }),
            _ => None,
        }
    }
}

impl Second for Grant {
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)> {
        ((major, minor) == (1, 0)).then(|| grown(0, 0, payload, |reader, _| reader.grant()))?
    }
}

impl Second for RawBytes {
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)> {
        ((major, minor) == (1, 0)).then(|| (Self(payload.to_vec()), false))
    }

    fn shown(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Second for () {
    fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Self, bool)> {
        ((major, minor, payload) == (1, 0, b"")).then_some(((), false))
    }
}
