//! Edge exports.

use std::sync::LazyLock;

use cloakroom::SessionId;
use cloakroom::edge::{EdgeKeys, EdgeSigner};
use cloakroom::feed::{FeedKey, Realm};
use cloakroom::hazmat::edge::{open_export, seal_export, sign};

/// Of the magic, and of the header up to the realm.
const START: usize = 12;

static SIGNER: LazyLock<EdgeSigner> = LazyLock::new(|| {
    let mut bytes = [7; 32];
    bytes[0] = 1;
    FeedKey::from_bytes(&bytes).expect("not weak").edge_signer()
});

/// Any bytes as an edge export, with and without a signature that fits: never a panic, all or
/// nothing, and what is read is written again as the same bytes.
pub fn edge(bytes: &[u8]) {
    let realm = Realm::new("shop.example-1").expect("a good name");
    let keys = EdgeKeys::new(SIGNER.public_key());
    let unsigned = open_export(&keys, &realm, bytes);
    assert!(unsigned.is_err(), "nobody signed this");
    // The same behind a good signature: without the 64 bytes of the seed's own, under our key.
    let end = bytes.len().saturating_sub(64);
    let body = bytes.get(START..end).unwrap_or_default();
    let mut authentic = b"clkedge1".to_vec();
    authentic.extend_from_slice(&SIGNER.public_key().id());
    authentic.extend_from_slice(body);
    sign(&SIGNER, &mut authentic);
    if let Ok(opened) = open_export(&keys, &realm, &authentic) {
        let export = &opened.export;
        for first in 0..4 {
            let _ = opened.hits(SessionId::from_bytes([first; 16]));
        }
        // Without sessions the bytes follow from what was read.
        if authentic.get(92..100) == Some(&[0; 8]) {
            let again = seal_export(&SIGNER, &realm, export, &[]);
            assert_eq!(again.expect("it was read"), authentic);
        }
    }
}
