//! The claims at the start of every plaintext (SPEC §7.2): fixed fields in a fixed order.

use crate::wire::session_id::SessionId;
use crate::wire::varint;

/// The longest subject in bytes.
pub(crate) const MAX_SUBJECT: usize = 255;
/// The last second a session can start at: 9999-12-31T23:59:59Z.
const MAX_TIME: u64 = 253_402_300_799;
/// The last generation. The next number means "logged out" in a revocation list and would never be
/// refused there, so a token must not carry it.
pub(crate) const MAX_GENERATION: u32 = u32::MAX - 1;

/// The shape of a payload: `major` changes when old readers must not read it, `minor` when fields
/// were appended (SPEC §7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schema {
    major: u32,
    minor: u32,
}

impl Schema {
    /// Schema `major.minor`.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Changes when old readers must not read the payload.
    #[must_use]
    pub const fn major(self) -> u32 {
        self.major
    }

    /// Changes when fields were appended that old readers may ignore.
    #[must_use]
    pub const fn minor(self) -> u32 {
        self.minor
    }
}

impl core::fmt::Display for Schema {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Claims that are not in the one form the specification allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The fields as they stand in the plaintext; times are Unix seconds or seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claims<'a> {
    pub(crate) session: SessionId,
    pub(crate) generation: u32,
    pub(crate) subject: &'a [u8],
    pub(crate) authenticated_at: u64,
    /// Seconds after `authenticated_at`.
    pub(crate) issued_after: u32,
    /// 0 on the wire means none.
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    pub(crate) schema: Schema,
}

impl<'a> Claims<'a> {
    /// Reads the claims at the start of a plaintext; what is left is the payload.
    // Always: to hand over what it returns takes as long as to read the fields.
    #[inline(always)]
    pub(crate) fn decode(plaintext: &'a [u8]) -> Result<(Self, &'a [u8]), Malformed> {
        let bad = |_| Malformed;
        let (session, rest) = plaintext.split_first_chunk::<16>().ok_or(Malformed)?;
        let (generation, rest) = varint::read_u32(rest).map_err(bad)?;
        let (subject_len, rest) = varint::read_u32(rest).map_err(bad)?;
        let subject_len = usize::try_from(subject_len).map_err(|_| Malformed)?;
        if subject_len > MAX_SUBJECT {
            return Err(Malformed);
        }
        let (subject, rest) = rest.split_at_checked(subject_len).ok_or(Malformed)?;
        let (authenticated_at, rest) = varint::read_u64(rest).map_err(bad)?;
        let (issued_after, rest) = varint::read_u32(rest).map_err(bad)?;
        let (idle, rest) = varint::read_u32(rest).map_err(bad)?;
        let (absolute, rest) = varint::read_u32(rest).map_err(bad)?;
        let (major, rest) = varint::read_u32(rest).map_err(bad)?;
        let (minor, rest) = varint::read_u32(rest).map_err(bad)?;
        if generation > MAX_GENERATION || authenticated_at > MAX_TIME || absolute == 0 {
            return Err(Malformed);
        }
        let claims = Self {
            session: SessionId::from_bytes(*session),
            generation,
            subject,
            authenticated_at,
            issued_after,
            idle,
            absolute,
            schema: Schema { major, minor },
        };
        Ok((claims, rest))
    }

    /// Writes the fields to the start of `out` and returns where they end, or nothing if they do not
    /// fit.
    #[inline]
    pub(crate) fn encode(&self, out: &mut [u8]) -> Option<usize> {
        let whole = out.len();
        let (session, rest) = out.split_first_chunk_mut::<16>()?;
        *session = self.session.to_bytes();
        let rest = varint::write(u64::from(self.generation), rest)?;
        let rest = varint::write(self.subject.len() as u64, rest)?;
        let (subject, rest) = rest.split_at_mut_checked(self.subject.len())?;
        subject.copy_from_slice(self.subject);
        let rest = varint::write(self.authenticated_at, rest)?;
        let rest = varint::write(u64::from(self.issued_after), rest)?;
        let rest = varint::write(u64::from(self.idle), rest)?;
        let rest = varint::write(u64::from(self.absolute), rest)?;
        let rest = varint::write(u64::from(self.schema.major), rest)?;
        let rest = varint::write(u64::from(self.schema.minor), rest)?;
        Some(whole.saturating_sub(rest.len()))
    }

    /// The bytes that renewals may add: `issued_after` grows and stays below the absolute timeout
    /// (SPEC §8.12).
    pub(crate) fn growth(&self) -> usize {
        let longest = varint::len(u64::from(self.absolute.saturating_sub(1)));
        longest.saturating_sub(varint::len(u64::from(self.issued_after)))
    }

    pub(crate) fn issued_at(&self) -> u64 {
        self.authenticated_at
            .saturating_add(u64::from(self.issued_after))
    }
}
