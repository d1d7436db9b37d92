//~ E0599 RevocationPublish
//! Nor `reauthenticate`: the old session would stay alive.

use cloakroom::{NoRevocation, Session, Sessions};

fn again(sessions: &Sessions<(), NoRevocation>, session: &Session<()>) {
    let _ = sessions.reauthenticate(session, &());
}

fn main() {}
