//~ E0599 RevocationPublish
//! Sessions that can't be revoked have no `revoke`.

use cloakroom::{NoRevocation, SessionId, Sessions};

fn log_out(sessions: &Sessions<(), NoRevocation>, id: SessionId) {
    let _ = sessions.revoke(id);
}

fn main() {}
