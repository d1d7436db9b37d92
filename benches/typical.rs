//! The session that sizes and speeds are quoted for: what an API server keeps about a signed-in
//! user. At most 90 payload bytes with a subject of 7.

use serde::{Deserialize, Serialize};

/// The subject of the typical session.
pub(crate) const SUBJECT: &str = "user-42";

/// The typical session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typical<'a> {
    /// The account.
    pub(crate) account: u64,
    /// The tenant the account belongs to.
    pub(crate) tenant: u32,
    /// A display name.
    pub(crate) name: &'a str,
    /// An address.
    pub(crate) email: &'a str,
    /// Bits of what the user may do.
    pub(crate) roles: u32,
    /// How the user signed in.
    pub(crate) method: Method,
    /// Of the user interface.
    pub(crate) locale: &'a str,
    /// Where the user signed in from, for a list of devices.
    pub(crate) device: &'a str,
    /// When the second factor was checked, in Unix seconds.
    pub(crate) second_factor_at: Option<u64>,
}

/// How a user signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    /// A password.
    Password,
    /// A password and a code.
    PasswordAndCode,
    /// A passkey.
    Passkey,
}

cloakroom::payload!(Typical<'_>);

impl Typical<'static> {
    /// The values that are measured.
    pub(crate) const SAMPLE: Self = Self {
        account: 8_412_907_331,
        tenant: 1207,
        name: "Ada Lovelace",
        email: "ada.lovelace@example.com",
        roles: 0x0000_4a21,
        method: Method::PasswordAndCode,
        locale: "en-GB",
        device: "Firefox on Debian, London",
        second_factor_at: Some(1_800_000_000),
    };
}
