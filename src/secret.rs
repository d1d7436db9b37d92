//! Bytes that are wiped when dropped and never printed.

use core::fmt;

use zeroize::Zeroize;

/// `N` secret bytes: wiped on drop, redacted in `Debug`, without `PartialEq` (a derived one would
/// compare byte by byte and tell by its time how many were right).
#[derive(Clone)]
pub(crate) struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Lets `fill` write the bytes in place, so that no second copy stays behind on the stack.
    pub(crate) fn fill_with<E>(
        fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut secret = Self([0; N]);
        fill(&mut secret.0)?;
        Ok(secret)
    }

    pub(crate) fn copy_from(bytes: &[u8; N]) -> Self {
        Self(*bytes)
    }

    pub(crate) const fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> zeroize::ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("REDACTED")
    }
}
