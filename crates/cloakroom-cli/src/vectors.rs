//! x
use crate::args::VectorsArgs;
use crate::exit::{Failure, Reply};
pub(crate) fn run(_: VectorsArgs) -> Result<Reply, Failure> {
    Err(Failure::usage("soon"))
}
