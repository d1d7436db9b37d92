//! What whoever has an engine in his hands can put before a follower: batches and snapshots of a feed.

use std::sync::LazyLock;

use cloakroom::feed::{FeedKey, FeedKeys, Position, Realm};
use cloakroom::hazmat::feed::{
    mac_key, open_batch, open_snapshot, seal_batch, seal_snapshot, start,
};
use sha2::{Digest as _, Sha256};

use crate::second::seal::hmac;

/// Version, key id, epoch, number, chain.
const PLACE: usize = 1 + 4 + 16 + 8 + 8;
/// Magic and key id.
const START: usize = 8 + 4;
const TAG: usize = 16;
/// Of the list within a snapshot: behind the magic, the key id, the position and the life.
const LIST: usize = START + Position::LEN + 4;
const DIGEST: usize = 32;

struct Feed {
    key: FeedKey,
    keys: FeedKeys,
    realm: Realm,
    onto: Position,
}

static FEED: LazyLock<Feed> = LazyLock::new(|| {
    let mut bytes = [11; 32];
    bytes[0] = 1;
    let key = FeedKey::from_bytes(&bytes).expect("not weak");
    let realm = Realm::new("shop.example-1").expect("a good name");
    Feed {
        keys: FeedKeys::new(key.clone()),
        onto: start(&realm, [5; 16]),
        key,
        realm,
    }
});

impl Feed {
    /// Behind a tag that fits.
    fn tagged(&self, label: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
        let realm = self.realm.as_str().as_bytes();
        let length = [realm.len() as u8];
        let message = [label, &length, realm, &bytes].concat();
        bytes.extend_from_slice(&hmac(&mac_key(&self.key), &message)[..TAG]);
        bytes
    }
}

/// Any bytes as a batch or a snapshot of a feed, which the first byte chooses, as they are and behind
/// a tag under our key: never a panic, all or nothing, and what is read is written as the same bytes.
pub fn feed_batch(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    if how % 2 == 0 {
        batch(how / 2 % 2 == 0, rest);
    } else {
        snapshot(how / 2 % 2 == 0, rest);
    }
}

/// The bytes behind our key id and a tag of ours. `in_place`: also after the batch before it, which
/// whoever lacks the chain can't arrange.
fn authentic_batch(in_place: bool, bytes: &[u8]) -> Vec<u8> {
    let feed = &*FEED;
    let end = bytes.len().saturating_sub(TAG);
    let mut covered = bytes[..end].to_vec();
    for (to, from) in covered.iter_mut().skip(1).zip(feed.key.id()) {
        *to = from;
    }
    if in_place && covered.len() >= PLACE {
        covered[0] = 1;
        covered[5..21].copy_from_slice(&feed.onto.epoch);
        covered[21..29].copy_from_slice(&1_u64.to_be_bytes());
        covered[29..PLACE].copy_from_slice(&feed.onto.chain);
    }
    feed.tagged(b"clkfeed1 batch\0", covered)
}

fn batch(in_place: bool, bytes: &[u8]) {
    let feed = &*FEED;
    let opened = open_batch(&feed.keys, &feed.realm, &feed.onto, bytes);
    assert!(opened.is_err(), "nobody tagged this");
    let authentic = authentic_batch(in_place, bytes);
    let opened = open_batch(&feed.keys, &feed.realm, &feed.onto, &authentic);
    if let Ok(batch) = opened {
        let Feed { keys, realm, .. } = feed;
        let again = seal_batch(keys, realm, &feed.onto, batch.time, &batch.records);
        assert_eq!(again, Some((authentic.clone(), batch.becomes)));
        // It does not follow itself.
        assert!(open_batch(keys, realm, &batch.becomes, &authentic).is_err());
    }
}

/// `digested`: with the digest that the list within ends in, which is no secret.
fn authentic_snapshot(digested: bool, bytes: &[u8]) -> Vec<u8> {
    let feed = &*FEED;
    let end = bytes.len().saturating_sub(TAG);
    let mut covered = bytes[..end].to_vec();
    for (to, from) in covered.iter_mut().skip(START - 4).zip(feed.key.id()) {
        *to = from;
    }
    if digested && covered.len() >= LIST + DIGEST {
        let end = covered.len() - DIGEST;
        let digest = Sha256::digest(&covered[LIST..end]);
        covered[end..].copy_from_slice(&digest);
    }
    feed.tagged(b"clkfeed1 snapshot\0", covered)
}

fn snapshot(digested: bool, bytes: &[u8]) {
    let Feed { keys, realm, .. } = &*FEED;
    let opened = open_snapshot(keys, realm, bytes);
    assert!(opened.is_err(), "nobody tagged this");
    let authentic = authentic_snapshot(digested, bytes);
    if let Ok((at, life, list)) = open_snapshot(keys, realm, &authentic) {
        assert_eq!(seal_snapshot(keys, realm, &at, life, &list), authentic);
    }
}

/// Whether an input is a batch or a snapshot with something in it, once it is behind a tag of ours.
#[must_use]
pub fn is_fed(bytes: &[u8]) -> bool {
    let Feed {
        keys, realm, onto, ..
    } = &*FEED;
    match bytes.split_first() {
        Some((how, rest)) if how % 2 == 0 => {
            let authentic = authentic_batch(how / 2 % 2 == 0, rest);
            let opened = open_batch(keys, realm, onto, &authentic);
            opened.is_ok_and(|batch| !batch.records.is_empty())
        }
        Some((how, rest)) => {
            let authentic = authentic_snapshot(how / 2 % 2 == 0, rest);
            open_snapshot(keys, realm, &authentic).is_ok_and(|(.., list)| !list.is_empty())
        }
        None => false,
    }
}
