pub(crate) mod derive;
pub(crate) mod sealer;
