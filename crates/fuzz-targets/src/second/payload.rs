//! SPEC §7.4 to §7.6 for one type.

use std::collections::BTreeMap;

use crate::second::read::Bytes;
use crate::setting::{Choice, Everything};

/// The minor that the type has.
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
            later: {
                if may_end && self.bytes.0.is_empty() {
                    None
                } else {
                    level(at + 1)?;
                    if self.flag()? {
                        Some(self.text()?)
                    } else {
                        None
                    }
                }
            },
        })
    }
}

/// The value, and whether its writer was newer.
pub(crate) fn read(major: u32, minor: u32, payload: &[u8]) -> Option<(Everything, bool)> {
    if major != 1 {
        return None;
    }
    let mut reader = Reader {
        bytes: Bytes(payload),
        elements: 0,
    };
    let value = reader.everything(1, minor < MINOR)?;
    let newer = minor > MINOR;
    (newer || reader.bytes.0.is_empty()).then_some((value, newer))
}
