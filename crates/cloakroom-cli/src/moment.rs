//! Times and durations as they are written on a command line.

use std::str::FromStr;

use cloakroom::{Clock as _, SystemClock, Timestamp};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcDateTime};

use crate::exit::Failure;

/// A time that may depend on the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(Timestamp),
    /// From now, in seconds.
    Away(i64),
}

const FORMS: &str = "write a time as 2026-11-23T18:00:00Z, `now`, or a distance from now such as \
                     +2h or -30m";

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::Away(0));
        }
        if let Some(distance) = text.strip_prefix(['+', '-']) {
            let seconds = i64::from(seconds(distance)?);
            let back = text.starts_with('-');
            return Ok(Self::Away(if back {
                seconds.saturating_neg()
            } else {
                seconds
            }));
        }
        let date = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| FORMS.to_owned())?;
        let date = UtcDateTime::from(date);
        if date.nanosecond() != 0 {
            return Err("a time has whole seconds".into());
        }
        Timestamp::try_from(date)
            .map(Self::At)
            .map_err(|_| "a time lies between the years 1970 and 9999".into())
    }
}

impl Moment {
    pub(crate) fn resolve(self) -> Result<Timestamp, Failure> {
        match self {
            Self::At(time) => Ok(time),
            Self::Away(_) => self.resolve_from(now()?),
        }
    }

    /// As [`resolve`](Self::resolve), for a command that has looked at the clock: a second look may be
    /// in another second.
    pub(crate) fn resolve_from(self, now: Timestamp) -> Result<Timestamp, Failure> {
        match self {
            Self::At(time) => Ok(time),
            Self::Away(seconds) => now
                .checked_add(Duration::seconds(seconds))
                .ok_or_else(|| Failure::usage("that time lies beyond the years 1970 to 9999")),
        }
    }

    /// This time, or now.
    pub(crate) fn or_now(moment: Option<Self>) -> Result<Timestamp, Failure> {
        moment.unwrap_or(Self::Away(0)).resolve()
    }
}

pub(crate) fn now() -> Result<Timestamp, Failure> {
    SystemClock
        .now()
        .map_err(|error| Failure::unavailable(format!("{error}; set the clock of this machine")))
}

/// Whole seconds, as `8h`, `1h30m` or `90s`. A number without a unit is refused: `8` for hours would be a
/// ring whose keys retire under everybody.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    if text.parse::<u64>().is_ok_and(|number| number > 0) {
        return Err(format!(
            "{text} of what? Write a duration with its unit: {text}h, {text}s"
        ));
    }
    let wrong = |_| "write a duration as 8h, 1h30m, 90s or 7d".to_owned();
    let duration = humantime::parse_duration(text).map_err(wrong)?;
    if duration.subsec_nanos() != 0 {
        return Err("a duration has whole seconds".into());
    }
    u32::try_from(duration.as_secs())
        .map_err(|_| "a duration has at most 4294967295 seconds, 136 years".into())
}

/// In the two largest units, for people.
pub(crate) fn spoken(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        let count = left.checked_div(unit).unwrap_or(0);
        left = left.checked_rem(unit).unwrap_or(0);
        if count > 0 && parts.len() < 2 {
            parts.push(format!("{count} {name}"));
        }
    }
    if parts.is_empty() {
        return "0 s".into();
    }
    parts.join(" ")
}

/// How far `time` lies from `now`: "in 2 h", "3 min ago".
pub(crate) fn distance(time: Timestamp, now: Timestamp) -> String {
    let (time, now) = (time.unix(), now.unix());
    match time.cmp(&now) {
        std::cmp::Ordering::Equal => "now".into(),
        std::cmp::Ordering::Greater => format!("in {}", spoken(time.saturating_sub(now))),
        std::cmp::Ordering::Less => format!("{} ago", spoken(now.saturating_sub(time))),
    }
}
