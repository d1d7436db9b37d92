//! Positions as parameters, rows as what the port speaks of.

use cloakroom::feed::{EngineError, Position, Tail};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

/// A position as columns. PostgreSQL counts to 2^63: a million batches a second for 290,000 years.
pub(crate) struct Place {
    epoch: Vec<u8>,
    n: i64,
    chain: Vec<u8>,
}

impl Place {
    pub(crate) fn of(position: &Position) -> Result<Self, EngineError> {
        let too_large = |_| EngineError::refused("postgres: the number of the batch is too large");
        Ok(Self {
            epoch: position.epoch.to_vec(),
            n: i64::try_from(position.n).map_err(too_large)?,
            chain: position.chain.to_vec(),
        })
    }

    pub(crate) fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 3] {
        [
            (&self.epoch, Type::BYTEA),
            (&self.n, Type::INT8),
            (&self.chain, Type::BYTEA),
        ]
    }
}

/// Reads what `read.sql` returns.
pub(crate) fn tail(rows: &[Row]) -> Result<Tail, EngineError> {
    let first = rows.first().ok_or_else(strange)?;
    if get(first, 0)? {
        return Err(EngineError::unavailable("postgres: this is a standby"));
    }
    let head = match get::<Option<i16>>(first, 1)? {
        None => None,
        Some(1) => Some(Position {
            epoch: array(first, 2)?,
            n: u64::try_from(get::<i64>(first, 3)?).map_err(|_| strange())?,
            chain: array(first, 4)?,
        }),
        Some(_) => {
            return Err(EngineError::refused(
                "postgres: the head is of another format",
            ));
        }
    };
    let mut batches = Vec::with_capacity(rows.len());
    for row in rows {
        if get::<Option<bool>>(row, 6)? == Some(true) {
            // Those before it first, so that a reader comes as far as it can.
            if batches.is_empty() {
                return Err(EngineError::refused(
                    "postgres: a batch is longer than any can be",
                ));
            }
            break;
        }
        batches.extend(get::<Option<Vec<u8>>>(row, 5)?);
    }
    Ok(Tail { head, batches })
}

pub(crate) fn number(row: &Row) -> Result<u64, EngineError> {
    u64::try_from(get::<i64>(row, 0)?).map_err(|_| strange())
}

/// Two counts.
pub(crate) fn counts(rows: &[Row]) -> Result<(u32, u32), EngineError> {
    let row = rows.first().ok_or_else(strange)?;
    let count = |column| u32::try_from(get::<i64>(row, column)?).map_err(|_| strange());
    Ok((count(0)?, count(1)?))
}

/// The only value.
pub(crate) fn only<'a, T: FromSql<'a>>(rows: &'a [Row]) -> Result<T, EngineError> {
    get(rows.first().ok_or_else(strange)?, 0)
}

pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, EngineError> {
    row.try_get(column).map_err(|_| strange())
}

fn array<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], EngineError> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| strange())
}

fn strange() -> EngineError {
    EngineError::refused("postgres: the tables are not those of schema.sql")
}
