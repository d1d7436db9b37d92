//! Revocations that reach every server: a feed over an engine that is there already.

mod realm;
mod key;
mod position;
mod port;
mod batch;
mod image;
mod environment;
mod proof;
mod clocks;
mod outbox;
mod local;
mod delivery;
mod event;
mod settings;
mod failures;
mod state;
mod unwinding;
mod follower;
mod arrival;
mod resync;
mod queue;
mod replicas;
mod link;
mod round;
mod writer;
mod reader;
mod revocations;
#[cfg(feature = "hazmat")]
mod hands;
mod builder;
mod memory;

pub use batch::{BadBatch, MAX_BATCH};
pub use builder::{FeedBuilder, StartError};
pub use delivery::{Accepted, Delivering, Delivery, FeedError, Pending, Replicated};
pub use environment::{Environment, SystemEnvironment};
pub use event::{FeedEvent, FeedStatus, Resync};
#[cfg(feature = "hazmat")]
pub use hands::{FoundingByHand, Hands, ReadingHand, RotatingByHand, WritingHand};
pub use image::BadSnapshot;
pub use key::{FeedKey, FeedKeys};
pub use memory::MemoryEngine;
pub use port::{Appended, EngineError, FeedConnector, FeedEngine, Tail};
pub use position::Position;
pub use realm::{BadRealm, Realm};
pub use revocations::FeedRevocations;
pub use settings::BadSettings;

#[cfg(feature = "hazmat")]
pub(crate) use batch::{open as open_batch, seal as seal_batch};
#[cfg(feature = "hazmat")]
pub(crate) use image::{open as open_image, seal as seal_image};
