//! Revocations that reach every server: a feed over an engine that is there already.

mod realm;
mod position;
mod port;

pub use port::{Appended, EngineError, FeedConnector, FeedEngine, Tail};
pub use position::Position;
pub use realm::{BadRealm, Realm};
