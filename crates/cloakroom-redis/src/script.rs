//! The scripts: every step that must not be seen by halves.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, Script, ServerErrorKind};

pub(crate) const APPEND: &str = include_str!("scripts/append.lua");
pub(crate) const READ: &str = include_str!("scripts/read.lua");
pub(crate) const FOUND: &str = include_str!("scripts/found.lua");
pub(crate) const PUT_SNAPSHOT: &str = include_str!("scripts/put_snapshot.lua");

/// Runs a script by its hash, and sends the whole of it to a server that does not have it: one that
/// was just started, or whose cache of scripts was flushed.
pub(crate) async fn call<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    script: &'static str,
    keys: &[&str],
    arguments: &[&[u8]],
) -> Result<T, RedisError> {
    let answer = by_hash(script, keys, arguments)
        .query_async(connection)
        .await;
    match answer {
        Err(error) if is_unknown(&error) => {
            let whole = command("EVAL", script, keys, arguments);
            whole.query_async(connection).await
        }
        answer => answer,
    }
}

pub(crate) fn by_hash(script: &'static str, keys: &[&str], arguments: &[&[u8]]) -> Cmd {
    command("EVALSHA", Script::new(script).get_hash(), keys, arguments)
}

pub(crate) fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

fn command(name: &str, script: &str, keys: &[&str], arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len()).arg(keys).arg(arguments);
    command
}
