//! `cloakroom keys derive`.

use cloakroom::{KeyError, RingError};

use crate::args::DeriveArgs;
use crate::exit::{Failure, Reply};
use crate::keys::said;
use crate::{moment, ring_file};

/// What is gone if a file is overwritten.
const LOST: &str = "as after a change of the ring: tokens under units that the new file has not are \
                    refused";

pub(crate) fn run(args: &DeriveArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let file = ring_file::load(&args.file, &args.password)?;
    let (purpose, audience) = (args.purpose.as_bytes(), args.audience.as_bytes());
    let units = file.ring.derive_units(purpose, audience);
    let units = units.map_err(|error| match error {
        RingError::Key(KeyError::WrongContext) => Failure::input(format!(
            "{} holds derived units already (clksub1.); derive from the ring of root keys",
            args.file.display()
        )),
        RingError::Key(KeyError::BadContext) => Failure::usage(error),
        error => said::failure(error),
    })?;
    ring_file::create(&args.out, &units, None, args.force, LOST)?;
    let out = args.out.display();
    let text = format!(
        "made {out}, units for {:?} at {:?}, which open and seal nothing else\n\
         next: give the file to that service alone, and derive again after each change of {}\n",
        args.purpose,
        args.audience,
        args.file.display()
    );
    Ok(Reply::done(text, said::ring(&units, now)))
}
