//~ E0308 NoRevocation
//! Whoever gives revocation up says so in the type, where a search finds it.

use cloakroom::{BuildError, KeyRing, NoRevocation, Sessions};

fn build(ring: KeyRing) -> Result<Sessions<()>, BuildError> {
    Sessions::builder(ring, NoRevocation)
        .purpose("session")
        .audience("")
        .aal2()
        .build()
}

fn main() {}
