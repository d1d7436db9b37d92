pub(crate) mod mac;
pub(crate) mod derive;
#[cfg(feature = "ring")]
pub(crate) mod fast;
pub(crate) mod aead;
pub(crate) mod sealer;
