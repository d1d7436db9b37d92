//~ E0599 RevocationPublish
//! Nor `rotate`: the older tokens would stay good.

use cloakroom::{NoRevocation, Session, Sessions};

fn elevate(sessions: &Sessions<(), NoRevocation>, session: &Session<()>) {
    let _ = sessions.rotate(session);
}

fn main() {}
