//! Whoever starts to read after an acknowledgement sees it; nobody reads halves of two states;
//! nothing is forgotten before the mark that allows it.

use std::sync::Arc;
use std::sync::atomic::Ordering as Plain;

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use loom::thread;

use crate::known::{Known, LONG, WIDE, known, name, neighbours, passing, seed, table};
use crate::revocation::filter::{Filling, Filter};
use crate::revocation::hash::key;
use crate::revocation::index::{Index, Room};

/// Entries that fill a shard of one group, which has two words of a filter: one more takes a new
/// shard.
const FULL: u64 = 14;

fn check(model: impl Fn() + Sync + Send + 'static) {
    // Counted outside of the checker: a model of one run would prove nothing.
    let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.check(move || {
        counted.fetch_add(1, Plain::Relaxed);
        model();
    });
    let runs = runs.load(Plain::Relaxed);
    println!("{runs} runs");
    assert!(runs > 3, "only {runs} runs");
}

/// What a server has: the table, its writers' lock, the mark; and how much was acknowledged.
struct Server {
    index: Index<Known>,
    writer: Mutex<Room>,
    mark: AtomicU64,
    acknowledged: AtomicUsize,
}

impl Server {
    fn with(entries: impl IntoIterator<Item = (u64, Known)>) -> Arc<Self> {
        let (index, room) = table(entries);
        Arc::new(Self {
            index,
            writer: Mutex::new(room),
            mark: AtomicU64::new(0),
            acknowledged: AtomicUsize::new(0),
        })
    }

    fn publish(&self, number: u64, state: Known) {
        let mut room = self.writer.lock().unwrap();
        self.index.raise(&mut room, &name(number), state);
        drop(room);
        self.acknowledged.fetch_add(1, Ordering::Release);
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Acquire)
    }

    fn purge(&self, until: u64) -> usize {
        let mut room = self.writer.lock().unwrap();
        self.index.expire(&mut room, 0, until, &self.mark).1
    }

    fn find(&self, number: u64) -> Option<Known> {
        self.index.find(&name(number))
    }
}

fn spawn(server: &Arc<Server>, run: impl FnOnce(&Server) + 'static) -> thread::JoinHandle<()> {
    let server = Arc::clone(server);
    thread::spawn(move || run(&server))
}

#[test]
fn the_first_entry_is_seen_once_it_is_acknowledged() {
    check(|| {
        let server = Server::with([]);
        let writer = spawn(&server, |server| server.publish(1, known(5)));
        let acknowledged = server.acknowledged();
        let found = server.find(1);
        assert!(found.is_none() || found == Some(known(5)), "{found:?}");
        assert!(acknowledged == 0 || found.is_some());
        writer.join().unwrap();
    });
}

#[test]
fn an_entry_beside_others_is_seen_whole_once_it_is_acknowledged() {
    check(|| {
        let server = Server::with([(1, known(1))]);
        let writer = spawn(&server, |server| {
            server.publish(2, known(5));
            server.publish(3, known(WIDE));
        });
        let acknowledged = server.acknowledged();
        for (number, state, position) in [(2, known(5), 1), (3, known(WIDE), 2)] {
            let found = server.find(number);
            assert!(found.is_none() || found == Some(state), "{found:?}");
            assert!(acknowledged < position || found.is_some(), "{number}");
        }
        assert_eq!(server.find(1), Some(known(1)));
        writer.join().unwrap();
    });
}

#[test]
fn a_full_shard_that_is_replaced_loses_nothing_for_anybody() {
    check(|| {
        let server = Server::with((0..FULL).map(|number| (number, known(1))));
        let writer = spawn(&server, |server| server.publish(FULL, known(5)));
        let acknowledged = server.acknowledged();
        let found = server.find(FULL);
        assert!(found.is_none() || found == Some(known(5)), "{found:?}");
        assert!(acknowledged == 0 || found.is_some());
        assert_eq!(server.find(3), Some(known(1)));
        writer.join().unwrap();
        assert_eq!(server.index.len() as u64, FULL + 1);
        for number in 0..=FULL {
            assert!(server.find(number).is_some(), "{number}");
        }
    });
}

#[test]
fn what_one_writer_raises_while_another_replaces_the_shard_is_not_lost() {
    check(|| {
        let server = Server::with((0..FULL).map(|number| (number, known(1))));
        let grows = spawn(&server, |server| server.publish(FULL, known(5)));
        let raises = spawn(&server, |server| {
            server.publish(2, known(9));
            assert_eq!(server.find(2), Some(known(9)));
        });
        grows.join().unwrap();
        raises.join().unwrap();
        assert_eq!(server.find(2), Some(known(9)));
        assert_eq!(server.find(FULL), Some(known(5)));
    });
}

#[test]
fn a_state_that_is_raised_in_place_is_read_whole_and_never_falls() {
    check(|| {
        let server = Server::with([(1, known(1))]);
        let writer = spawn(&server, |server| {
            server.publish(1, known(2));
            server.publish(1, known(WIDE));
            server.publish(1, known(LONG));
            server.publish(1, known(LONG + 1));
        });
        let states = [1, 2, WIDE, LONG, LONG + 1].map(known);
        let place = |found: Option<Known>| {
            let place = states.iter().position(|state| Some(*state) == found);
            place.unwrap_or_else(|| panic!("{found:?} was never published"))
        };
        let acknowledged = server.acknowledged();
        let first = place(server.find(1));
        assert!(first >= acknowledged, "{first} after {acknowledged}");
        let second = place(server.find(1));
        assert!(second >= first, "{second} after {first}");
        writer.join().unwrap();
    });
}

#[test]
fn names_that_share_a_word_of_the_filter_are_all_seen_once_they_are_acknowledged() {
    check(|| {
        let mut names = neighbours();
        let [first, second, third] = [(); 3].map(|()| names.next().unwrap());
        let server = Server::with([(first, known(1))]);
        let writer = spawn(&server, move |server| {
            server.publish(second, known(5));
            server.publish(third, known(7));
        });
        let acknowledged = server.acknowledged();
        for (number, state, position) in [(second, known(5), 1), (third, known(7), 2)] {
            let found = server.find(number);
            assert!(found.is_none() || found == Some(state), "{found:?}");
            assert!(acknowledged < position || found.is_some(), "{number}");
        }
        assert_eq!(server.find(first), Some(known(1)));
        writer.join().unwrap();
    });
}

#[test]
fn an_entry_whose_bits_others_had_before_is_read_whole() {
    // The filter lets the reader through before the entry is there; what is behind it has to hold.
    let last = passing(FULL - 1);
    check(move || {
        let server = Server::with((0..FULL - 1).map(|number| (number, known(1))));
        let writer = spawn(&server, move |server| server.publish(last, known(WIDE - 1)));
        let acknowledged = server.acknowledged();
        let found = server.find(last);
        assert!(
            found.is_none() || found == Some(known(WIDE - 1)),
            "{found:?}"
        );
        assert!(acknowledged == 0 || found.is_some());
        writer.join().unwrap();
    });
}

#[test]
fn the_filter_holds_what_was_added_and_next_to_nothing_else() {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 1_000_000;
    builder.check(|| {
        let hash = |number: u64| seed().hash(key(&name(number)));
        // Six to a word: nearly as full as a shard lets it become, half of them added later.
        let (words, names, others) = (40, 240, 4_000);
        let mut filling = Filling::new(words);
        (0..names / 2).for_each(|number| filling.add(hash(number)));
        let filter = filling.done();
        (names / 2..names).for_each(|number| filter.add(hash(number)));
        let holds = |number: u64| Filter::may_hold(filter.look(hash(number)), hash(number));
        assert!((0..names).all(holds));
        let passed = (names..names + others).filter(|number| holds(*number));
        let passed = passed.count();
        assert!(
            passed < 120,
            "{passed} of {others} names that are not there"
        );
        println!("{passed} of {others}");
    });
}

#[test]
fn what_was_seen_once_is_seen_again_while_the_filter_is_replaced() {
    check(|| {
        let server = Server::with((0..FULL - 1).map(|number| (number, known(1))));
        let writer = spawn(&server, |server| {
            // The last for which there is room, and the one that takes a larger shard.
            server.publish(FULL - 1, known(5));
            server.publish(FULL, known(5));
        });
        let acknowledged = server.acknowledged();
        let first = server.find(FULL - 1).is_some();
        let second = server.find(FULL - 1).is_some();
        assert!(acknowledged == 0 || first);
        assert!(!first || second, "seen, and missed after that");
        assert!(acknowledged < 2 || server.find(FULL).is_some());
        writer.join().unwrap();
    });
}

#[test]
fn an_entry_that_overflows_its_group_is_seen_once_it_is_acknowledged() {
    check(|| {
        // Fifteen in the first group, and one in the second so that there are two.
        let mut names: Vec<u64> = neighbours().take(16).collect();
        let last = names.pop().unwrap_or_default();
        let server = Server::with(names.iter().map(|number| (*number, known(1))));
        let writer = spawn(&server, move |server| server.publish(last, known(5)));
        let acknowledged = server.acknowledged();
        let found = server.find(last);
        assert!(found.is_none() || found == Some(known(5)), "{found:?}");
        assert!(acknowledged == 0 || found.is_some());
        assert_eq!(server.find(names[14]), Some(known(1)));
        writer.join().unwrap();
    });
}

#[test]
fn whoever_misses_what_was_forgotten_finds_the_mark() {
    // Alone in its shard, which is replaced when it goes; and beside one that stays.
    for stays in [false, true] {
        check(move || {
            let rest = stays.then_some((2, known(9)));
            let server = Server::with([(1, known(5))].into_iter().chain(rest));
            let purge = spawn(&server, |server| assert_eq!(server.purge(5_000), 1));
            // As a verification does: the verdict, then the mark.
            if server.find(1).is_none() {
                let mark = server.mark.load(Ordering::SeqCst);
                assert!(mark >= 5_000, "forgotten at mark {mark}");
            }
            assert_eq!(server.find(2).is_some(), stays);
            purge.join().unwrap();
        });
    }
}

#[test]
fn a_slot_is_never_given_to_another_name() {
    check(|| {
        let server = Server::with([(1, known(5)), (2, known(9))]);
        let writer = spawn(&server, |server| {
            server.purge(5_000);
            server.publish(3, known(7));
        });
        let acknowledged = server.acknowledged();
        let found = server.find(1);
        assert!(found.is_none() || found == Some(known(5)), "{found:?}");
        assert_eq!(server.find(2), Some(known(9)));
        assert!(acknowledged == 0 || server.find(3) == Some(known(7)));
        writer.join().unwrap();
    });
}
