//! The one time format of ring files: `YYYY-MM-DDThh:mm:ssZ` (SPEC §4.7), a subset of RFC 3339.

use time::{Date, Month, Time, UtcDateTime};

use crate::time::Timestamp;

/// Reads exactly 20 characters, upper case, in UTC, years 1970 to 9999, no leap second.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b'Z',
    ] = *bytes
    else {
        return None;
    };
    let year = digits(&[y1, y2, y3, y4])?;
    let month = Month::try_from(u8::try_from(digits(&[m1, m2])?).ok()?).ok()?;
    let small = |tens, ones| u8::try_from(digits(&[tens, ones])?).ok();
    let date = Date::from_calendar_date(i32::from(year), month, small(d1, d2)?).ok()?;
    let time = Time::from_hms(small(h1, h2)?, small(n1, n2)?, small(s1, s2)?).ok()?;
    let seconds = UtcDateTime::new(date, time).unix_timestamp();
    u64::try_from(seconds).ok().and_then(Timestamp::from_unix)
}

fn digits(bytes: &[u8]) -> Option<u16> {
    bytes.iter().try_fold(0_u16, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        value.checked_mul(10)?.checked_add(u16::from(digit))
    })
}
