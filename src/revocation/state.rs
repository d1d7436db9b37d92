//! What a table says of a key, as words.

/// Words of a state that does not fit a slot.
pub(crate) const ROW: usize = 8;
/// Words of one that nearly does: a cut-off that spares a session, which "log out my other devices"
/// makes, so that such entries are not few.
pub(crate) const SHORT: usize = 3;

/// What is known about a key.
pub(crate) trait State: Copy + PartialEq {
    /// In the lower 63 bits, if it fits.
    fn pack(self) -> Option<u64>;
    fn unpack(packed: u64) -> Self;
    /// Any state.
    fn to_row(self) -> [u64; ROW];
    fn from_row(row: [u64; ROW]) -> Self;
    /// In a short row, if it fits.
    fn to_short(self) -> Option<[u64; SHORT]>;
    fn from_short(row: [u64; SHORT]) -> Self;
    #[must_use]
    fn merged(self, other: Self) -> Self;
    /// Unix seconds.
    fn expires(self) -> u64;
}
