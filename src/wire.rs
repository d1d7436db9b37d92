pub(crate) mod text;
pub(crate) mod varint;
pub(crate) mod session_id;
pub(crate) mod claims;
pub(crate) mod bounded;
pub(crate) mod structured;
pub(crate) mod payload;
