//! x
use crate::args::BenchArgs;
use crate::exit::{Failure, Reply};
pub(crate) fn run(_: &BenchArgs) -> Result<Reply, Failure> {
    Err(Failure::usage("soon"))
}
