//! Sessions over each index there is.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::Arc;
#[cfg(feature = "redb")]
use std::sync::atomic::{AtomicU32, Ordering};

use cloakroom::index::{MemoryIndex, SessionIndex};
use cloakroom::{ManualClock, RevocationList, Session, SessionId, Sessions};

use crate::common::*;

pub(crate) type Index = Arc<dyn SessionIndex>;

/// Every index there is, one after the other.
pub(crate) fn each(test: impl Fn(&str, Index)) {
    test("memory", Arc::new(MemoryIndex::new()));
    #[cfg(feature = "redb")]
    {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cloakroom-index-{}-{number}.redb", std::process::id());
        let path = std::env::temp_dir().join(name);
        let index = cloakroom::index::FileIndex::open(&path).unwrap();
        test("file", Arc::new(index));
        std::fs::remove_file(&path).unwrap();
    }
}

/// How many there are once all that was asked for is written, which a list waits for.
pub(crate) fn entries(index: &Index) -> Option<u64> {
    index.of_subject(&[0; 16]).unwrap();
    index.report().entries
}

pub(crate) struct Shop {
    pub(crate) clock: ManualClock,
    pub(crate) sessions: Sessions<User>,
}

pub(crate) fn shop(index: &Index) -> Shop {
    let clock = ManualClock::at(NOW);
    let sessions = builder::<User, _>(&clock, RevocationList::new())
        .session_index(Arc::clone(index))
        .build()
        .unwrap();
    Shop { clock, sessions }
}

impl Shop {
    pub(crate) fn login(&self, subject: &str, label: &str) -> Session<User> {
        let issued = self
            .sessions
            .issue_labelled(subject, &user("Ada"), label)
            .unwrap();
        self.sessions.verify(issued.token.as_str()).unwrap()
    }

    pub(crate) fn labels(&self, subject: &str) -> Vec<String> {
        let devices = self.sessions.devices(subject).unwrap();
        devices.iter().map(|d| d.label().to_owned()).collect()
    }

    pub(crate) fn ids(&self, subject: &str) -> Vec<SessionId> {
        let devices = self.sessions.devices(subject).unwrap();
        devices.iter().map(cloakroom::Device::id).collect()
    }
}
