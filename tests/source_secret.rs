//! Secret files that are no ring are read under the rules of ring files, and nothing of them is in an
//! error.

#![cfg(all(unix, feature = "std"))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use cloakroom::SecretText;
use cloakroom::source::SourceFault;

/// A file of this mode that is removed with its folder.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, bytes: &[u8], mode: u32) -> Self {
        let folder = std::env::temp_dir().join(format!("cloakroom-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("secret"), bytes).unwrap();
        fs::set_permissions(folder.join("secret"), Permissions::from_mode(mode)).unwrap();
        Self(folder)
    }

    fn read(&self) -> Result<SecretText, SourceFault> {
        let read = SecretText::from_file(self.0.join("secret"));
        read.map_err(|error| error.fault().clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_private_file_is_read_as_it_is() {
    let place = Place::new("private", b" hunter2 \n", 0o600);
    assert_eq!(place.read().unwrap().expose(), " hunter2 \n");
    assert!(Place::new("group", b"x", 0o640).read().is_ok());
}

#[test]
fn files_that_others_may_read_or_write_are_refused() {
    let readable = Place::new("readable", b"x", 0o604).read().unwrap_err();
    assert!(matches!(readable, SourceFault::Readable { mode: 0o604 }));
    let writable = Place::new("writable", b"x", 0o620).read().unwrap_err();
    assert!(matches!(writable, SourceFault::Writable { mode: 0o620 }));
}

#[test]
fn what_is_no_file_or_too_large_or_no_text_is_refused() {
    let folder = SecretText::from_file(std::env::temp_dir()).unwrap_err();
    assert!(matches!(folder.fault(), SourceFault::Directory));
    let missing = SecretText::from_file("/nowhere/feed-key").unwrap_err();
    for error in [&folder, &missing] {
        assert!(!error.to_string().contains("ring"), "{error}");
    }
    assert_eq!(
        missing.to_string(),
        "file /nowhere/feed-key: there is no such file; correct the path"
    );
    let device = SecretText::from_file("/dev/zero").unwrap_err();
    assert!(matches!(device.fault(), SourceFault::NotAFile));
    let large = Place::new("large", &[b'x'; 65_537], 0o600)
        .read()
        .unwrap_err();
    assert!(matches!(large, SourceFault::TooLarge { limit: 65_536 }));
    assert!(Place::new("largest", &[b'x'; 65_536], 0o600).read().is_ok());
    let error = Place::new("binary", b"hunter2\n\xff", 0o600)
        .read()
        .unwrap_err();
    let said = error.to_string();
    assert_eq!(
        said,
        "line 2, column 1: a byte that is not UTF-8; save the file as UTF-8"
    );
}
