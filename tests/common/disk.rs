//! A disk that loses its power, for the durable store.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::common::Random;

/// Which syncs the disk honours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syncs {
    All,
    None,
    /// A commit has two; every other one is missing.
    EverySecond,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug)]
struct State {
    /// What survives whatever happens.
    synced: Vec<u8>,
    /// What the process sees.
    seen: Vec<u8>,
    /// What happened since the last sync.
    pending: Vec<Change>,
    /// Operations until the power goes.
    left: u64,
    syncs: Syncs,
    calls: u64,
}

impl State {
    /// Whether there is still power. The operation in which it goes is pending, not done.
    fn powered(&mut self) -> io::Result<()> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Err(io::Error::other("no power"));
        }
        Ok(())
    }

    /// What is on the disk when the power is back: of every write since the last sync any pieces,
    /// in the order of the writes.
    fn survivors(&self, random: &mut Random) -> Vec<u8> {
        let mut disk = self.synced.clone();
        let piece = [1, 8, 64, 512, 4096][random.below(5) as usize];
        let kept = [0, 10, 50, 90, 100][random.below(5) as usize];
        for change in &self.pending {
            match change {
                Change::Length(length) => {
                    if random.below(100) < kept {
                        disk.resize(*length, 0);
                    }
                }
                Change::Write(start, data) => {
                    for (index, bytes) in data.chunks(piece).enumerate() {
                        let from = start + index * piece;
                        // Beyond the end there is nothing to write to: the new length was lost.
                        let room = disk.len().saturating_sub(from).min(bytes.len());
                        if random.below(100) < kept && room > 0 {
                            disk[from..from + room].copy_from_slice(&bytes[..room]);
                        }
                    }
                }
            }
        }
        disk
    }
}

/// A disk that keeps, of what was not synced, an arbitrary part of every write. Clones are one disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// With power for so many operations.
    pub(crate) fn new(content: Vec<u8>, left: u64, syncs: Syncs) -> Self {
        Self(Arc::new(Mutex::new(State {
            synced: content.clone(),
            seen: content,
            pending: Vec::new(),
            left,
            syncs,
            calls: 0,
        })))
    }

    /// What the process sees.
    pub(crate) fn content(&self) -> Vec<u8> {
        self.lock().seen.clone()
    }

    /// The power goes with the next operation.
    pub(crate) fn cut(&self) {
        self.lock().left = 1;
    }

    /// How often it was synced.
    pub(crate) fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// What is on it when the power is back.
    pub(crate) fn survivors(&self, random: &mut Random) -> Vec<u8> {
        self.lock().survivors(random)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.lock();
        let from = offset as usize;
        let bytes = state.seen.get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.pending.push(Change::Length(len as usize));
        state.powered()?;
        state.seen.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.powered()?;
        state.calls += 1;
        let honoured = match state.syncs {
            Syncs::All => true,
            Syncs::None => false,
            Syncs::EverySecond => state.calls % 2 == 0,
        };
        if honoured {
            state.synced = state.seen.clone();
            state.pending.clear();
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let from = offset as usize;
        state.pending.push(Change::Write(from, data.to_vec()));
        state.powered()?;
        state.seen[from..from + data.len()].copy_from_slice(data);
        Ok(())
    }
}
