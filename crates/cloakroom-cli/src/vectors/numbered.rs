//! Payload types of many schema numbers. The number of a type is part of it, so that there is one for
//! each number that vectors have, and none for the others.

use std::convert::Infallible;

use cloakroom::schema::{EncodeError, Ends, Unreadable};
use cloakroom::{
    IssueError, Issued, NoPrevious, Payload, RawBytes, RotateError, Schema, Scratch, Session,
    UpdateError, VerifyError,
};

use crate::vectors::setting::Setting;
use crate::vectors::vector::Why;

/// Bytes under a schema number, read and written as they are.
struct Given<const MAJOR: u32, const MINOR: u32>;

impl<const MAJOR: u32, const MINOR: u32> Payload for Given<MAJOR, MINOR> {
    const SCHEMA: Schema = Schema::new(MAJOR, MINOR);
    // The same for all numbers: a session of one type is updated by sessions of another.
    type View<'b> = RawBytes;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &RawBytes, out: &mut [u8]) -> Result<usize, EncodeError> {
        RawBytes::encode(value, out)
    }

    fn decode(bytes: &[u8], _: Ends) -> Result<RawBytes, Unreadable> {
        RawBytes::decode(bytes, Ends::Exact)
    }
}

pub(crate) type Presented<'b> = Session<RawBytes, &'b [u8]>;

/// What sessions over a payload type do. The outer failure is that of the vector.
pub(crate) trait Numbered {
    fn issue(
        &self,
        setting: &Setting,
        subject: &[u8],
        payload: Vec<u8>,
    ) -> Result<Result<Issued, IssueError>, Why>;

    fn verify<'b>(
        &self,
        setting: &Setting,
        token: &str,
        scratch: &'b mut Scratch,
    ) -> Result<Result<Presented<'b>, VerifyError>, Why>;

    fn update(
        &self,
        setting: &Setting,
        session: &Presented<'_>,
        payload: Vec<u8>,
    ) -> Result<Result<Issued, UpdateError>, Why>;

    fn rotate(
        &self,
        setting: &Setting,
        session: &Presented<'_>,
        payload: Vec<u8>,
    ) -> Result<Result<Issued, RotateError<Infallible>>, Why>;
}

impl<const MAJOR: u32, const MINOR: u32> Numbered for Given<MAJOR, MINOR> {
    fn issue(
        &self,
        setting: &Setting,
        subject: &[u8],
        payload: Vec<u8>,
    ) -> Result<Result<Issued, IssueError>, Why> {
        let sessions = setting.sessions::<Self>()?;
        Ok(sessions.issue(subject, &RawBytes(payload)))
    }

    fn verify<'b>(
        &self,
        setting: &Setting,
        token: &str,
        scratch: &'b mut Scratch,
    ) -> Result<Result<Presented<'b>, VerifyError>, Why> {
        let sessions = setting.sessions::<Self>()?;
        Ok(sessions.verify_in(token, scratch))
    }

    fn update(
        &self,
        setting: &Setting,
        session: &Presented<'_>,
        payload: Vec<u8>,
    ) -> Result<Result<Issued, UpdateError>, Why> {
        let sessions = setting.sessions::<Self>()?;
        Ok(sessions.update(session, &RawBytes(payload)))
    }

    fn rotate(
        &self,
        setting: &Setting,
        session: &Presented<'_>,
        payload: Vec<u8>,
    ) -> Result<Result<Issued, RotateError<Infallible>>, Why> {
        let sessions = setting.sessions::<Self>()?;
        Ok(sessions.rotate_with(session, &RawBytes(payload)))
    }
}

/// The type of this number.
pub(crate) fn of(major: u32, minor: u32) -> Result<&'static dyn Numbered, Why> {
    const MAX: u32 = u32::MAX;
    Ok(match (major, minor) {
        (0, 0) => &Given::<0, 0>,
        (1, 0) => &Given::<1, 0>,
        (1, 1) => &Given::<1, 1>,
        (1, 2) => &Given::<1, 2>,
        (1, 3) => &Given::<1, 3>,
        (2, 0) => &Given::<2, 0>,
        (2, 5) => &Given::<2, 5>,
        (7, 0) => &Given::<7, 0>,
        (300, 0) => &Given::<300, 0>,
        (MAX, 0) => &Given::<MAX, 0>,
        (MAX, MAX) => &Given::<MAX, MAX>,
        _ => {
            let why = format!("with the schema {major}.{minor}, for which it has no payload type");
            return Err(Why::NotChecked(why));
        }
    })
}
