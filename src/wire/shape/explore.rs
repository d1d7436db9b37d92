//! Runs a type's `Deserialize` on the tracer until there is nothing left to learn.

use alloc::string::{String, ToString};
use core::any::type_name;
use core::cell::RefCell;
use core::fmt;

use serde::de::{Deserialize, Error, StdError};

use super::slots::{Id, ROOT, Slots};
use super::trace::Tracer;
use super::{ShapeError, Why};

/// Runs in a row that may teach nothing, while enums inside enums take turns.
const MAX_IDLE_RUNS: u32 = 500;
/// Runs altogether. A type needs about as many as its largest enum has variants.
const MAX_RUNS: u32 = 20_000;

/// Why a run ended early.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    /// The part whose value was refused, if a refusal it was.
    pub(super) refused: Option<Id>,
    /// Nothing was wrong with any value: there is none to give yet, or the search is over.
    pub(super) stopped: bool,
}

impl Fault {
    pub(super) const fn stop() -> Self {
        Self {
            message: String::new(),
            refused: None,
            stopped: true,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            refused: None,
            stopped: false,
        }
    }
}

/// Runs `V` until everything about it is known.
pub(super) fn explore<V: Deserialize<'static>>() -> Result<Slots, ShapeError> {
    let state = RefCell::new(Slots::new(type_name::<V>()));
    let mut idle = 0_u32;
    for _ in 0..MAX_RUNS {
        let before = state.borrow().progress;
        let result = run::<V>(&state);
        let mut slots = state.borrow_mut();
        slots.settle();
        if slots.fatal.is_none() && slots.is_complete(ROOT) {
            if slots.has_finite_value(ROOT) {
                drop(slots);
                return Ok(state.into_inner());
            }
            slots.fail(ROOT, Why::NoFiniteValue);
        }
        if let Err(fault) = result {
            blame(&mut slots, &fault);
        }
        idle = if slots.progress == before {
            idle.saturating_add(1)
        } else {
            0
        };
        if idle > MAX_IDLE_RUNS {
            slots.fail(ROOT, Why::NoFiniteValue);
        }
        if let Some(fatal) = slots.fatal.take() {
            return Err(fatal);
        }
    }
    Err(ShapeError::new(
        "the payload".to_string(),
        type_name::<V>(),
        Why::TooLarge,
    ))
}

fn run<V: Deserialize<'static>>(state: &RefCell<Slots>) -> Result<(), Fault> {
    let tracer = Tracer::new(state);
    tracer.judge(V::deserialize(tracer)).map(drop)
}

fn blame(slots: &mut Slots, fault: &Fault) {
    if let Some(refused) = fault.refused.filter(|_| !fault.stopped) {
        slots.refuse(refused, &fault.message);
    }
}

/// Looks for a value of `V` that it accepts with only the first `fields` fields of it there.
#[cfg(feature = "std")]
fn accept<V: Deserialize<'static>>(
    state: &RefCell<Slots>,
    fields: Option<usize>,
) -> Result<(), ShapeError> {
    state.borrow_mut().end_after = fields;
    loop {
        let Err(fault) = run::<V>(state) else {
            return Ok(());
        };
        let mut slots = state.borrow_mut();
        if fault.stopped {
            slots.fail(ROOT, Why::NoFiniteValue);
        }
        blame(&mut slots, &fault);
        if let Some(fatal) = slots.fatal.take() {
            return Err(fatal);
        }
    }
}

#[cfg(feature = "std")]
pub(super) fn first_without_default<V: Deserialize<'static>>(
    released: usize,
) -> Result<Option<usize>, ShapeError> {
    let state = RefCell::new(explore::<V>()?);
    // First with all fields: what is refused then is not refused for want of a field.
    accept::<V>(&state, None)?;
    let attempts = state.borrow().all_attempts();
    let fields = state.borrow().fields();
    let mut first = None;
    for present in (released..fields).rev() {
        state.borrow_mut().set_attempts(&attempts);
        match accept::<V>(&state, Some(present)) {
            Ok(()) => {}
            Err(ShapeError {
                why: Why::Refused(_),
                ..
            }) => {
                first = Some(present);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(first)
}
