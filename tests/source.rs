//! Where rings are read from: each source gives the ring, and each bad input gets one sentence with
//! the way out, pinned word for word, in which nothing of a key is.
#![cfg(all(feature = "std", unix))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/sources.rs"]
mod sources;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom::KeyRing;
use cloakroom::source::{KeySource, SourceFault, UnwrapError};
use folder::Folder;
use sources::{A, B, file_of, sentence, write};

#[test]
fn every_bad_content_has_its_sentence() {
    let folder = Folder::new("content");
    let path = folder.path("ring");
    let head = "cloakroom-ring 1\nmax-lifetime 28800\n";
    let key = |rest: &str| format!("{head}key {rest}\n").into_bytes();
    let starts = "; a ring file starts with `cloakroom-ring 1`";
    let wanted = "; a key starts with `clkkey1.`";
    let time =
        "expected activate=YYYY-MM-DDThh:mm:ssZ, a date in UTC from 1970 to 9999 that exists";
    let cases: Vec<(&str, Vec<u8>, String)> = vec![
        (
            "nothing",
            vec![],
            "the file is empty; a ring file starts with `cloakroom-ring 1`".into(),
        ),
        (
            "no key",
            head.into(),
            "the ring has no key; make a new one, as `cloakroom keys new FILE --force` does".into(),
        ),
        (
            "another version",
            file_of(A).replacen("ring 1", "ring 2", 1).into(),
            "line 1, column 16: this is another version of the ring file, and this program reads \
             version 1; write the file as version 1, or upgrade the program"
                .into(),
        ),
        (
            "every key retires",
            key(&format!(
                "{A} activate=2026-09-01T00:00:00Z retire=2026-10-01T00:00:00Z"
            )),
            "line 3, column 5: key be569b9c retires but no key succeeds it; add a key that becomes \
             active before"
                .into(),
        ),
        (
            "a token",
            b"clk1.LS-I7e1g".to_vec(),
            format!("line 1, column 1: this is a session token, not a key{starts}"),
        ),
        (
            "a PASETO key",
            b"k4.local.AAAA".to_vec(),
            format!("line 1, column 1: this is a PASETO key or token{starts}"),
        ),
        (
            "a PEM file",
            b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n".to_vec(),
            format!("line 1, column 1: this is a PEM file, not a key{starts}"),
        ),
        (
            "a JWT",
            b"eyJhbGciOiJIUzI1NiJ9.e30.AAAA".to_vec(),
            format!("line 1, column 1: this is a JSON web token, not a key{starts}"),
        ),
        (
            "a feed key",
            b"clkfeed1.AAAA\n".to_vec(),
            format!("line 1, column 1: this is the key of a revocation feed{starts}"),
        ),
        (
            "a key alone",
            format!("{A}\n").into_bytes(),
            "line 1, column 1: this is a key alone; a ring file starts with `cloakroom-ring 1`, \
             and a key stands in it as `key KEY activate=TIME`"
                .into(),
        ),
        (
            "a wrapped ring",
            b"clkwrap1.AAAA".to_vec(),
            "line 1, column 1: this ring file is wrapped with a password; unwrap it with the \
             password it was made with"
                .into(),
        ),
        (
            "a token for a key",
            key("clk1.LS-I7e1g activate=2026-09-01T00:00:00Z"),
            format!("line 3, column 5: this is a session token, not a key{wanted}"),
        ),
        (
            "a PASETO key for a key",
            key("k4.local.AAAA activate=2026-09-01T00:00:00Z"),
            format!("line 3, column 5: this is a PASETO key or token{wanted}"),
        ),
        (
            "a JWT for a key",
            key("eyJhbGciOiJIUzI1NiJ9 activate=2026-09-01T00:00:00Z"),
            format!("line 3, column 5: this is a JSON web token, not a key{wanted}"),
        ),
        (
            "a feed key for a key",
            key("clkfeed1.AAAA activate=2026-09-01T00:00:00Z"),
            format!("line 3, column 5: this is the key of a revocation feed{wanted}"),
        ),
        (
            "a mistyped key",
            file_of(&A.replacen("EBES", "EBFS", 1)).into(),
            "line 3, column 5: the key's checksum does not fit; a character was mistyped or lost, \
             copy it again"
                .into(),
        ),
        (
            "Latin-1",
            [head.as_bytes(), b"# Schl\xfcssel\n"].concat(),
            "line 3, column 7: a byte that is not UTF-8; save the file as UTF-8".into(),
        ),
        (
            "UTF-16",
            b"\xff\xfec\0l\0o\0".to_vec(),
            "line 1, column 1: a byte that is not UTF-8; save the file as UTF-8".into(),
        ),
        (
            "a byte order mark",
            format!("\u{feff}{}", file_of(A)).into(),
            "line 1, column 1: a byte order mark; save the file as UTF-8 without one".into(),
        ),
        (
            "line ends of an old Macintosh",
            file_of(A).replace('\n', "\r").into(),
            "line 1, column 17: a carriage return that ends no line; save the file with line ends \
             of Unix or Windows"
                .into(),
        ),
        (
            "a time before 1970",
            key(&format!("{A} activate=1969-12-31T23:59:59Z")),
            format!("line 3, column 62: {time}"),
        ),
        (
            "a time after 9999",
            key(&format!("{A} activate=10000-01-01T00:00:00Z")),
            format!("line 3, column 62: {time}"),
        ),
    ];
    for (name, bytes, expected) in cases {
        write(&path, &bytes, 0o600);
        assert_eq!(sentence(&KeySource::file(&path)), expected, "{name}");
    }
    // And what looks odd and is none of these.
    for fine in [
        file_of(A).replace('\n', "\r\n"),
        file_of(A).replace("2026-09-01", "1970-01-01"),
        file_of(A).replace("2026-09-01", "9999-12-31"),
        file_of(A).trim_end().to_owned() + " disabled",
    ] {
        write(&path, fine.as_bytes(), 0o600);
        assert!(KeyRing::from_file(&path).is_ok(), "{fine}");
    }
}

#[test]
fn every_bad_file_has_its_sentence_and_none_makes_a_server_wait() {
    let folder = Folder::new("kinds");
    let path = folder.path("ring");
    let says = |name: &str, expected: &str| {
        assert_eq!(sentence(&KeySource::file(&path)), expected, "{name}");
        let directory = KeySource::directory(folder.root(), "ring");
        assert_eq!(sentence(&directory), expected, "{name}, mounted");
        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
    };
    says(
        "missing",
        "there is no such file; make a ring file and put it there, or correct the path",
    );
    fs::create_dir(&path).unwrap();
    says(
        "a directory",
        "this is a directory; name the file in it that holds the ring",
    );
    let device = "this is a pipe, a socket or a device; a key ring is read from a regular file, so \
                  that it can be read again";
    // A pipe without a writer, which would be waited for.
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    says("a pipe", device);
    symlink("/dev/zero", &path).unwrap();
    says("a device", device);
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(matches!(
        KeyRing::from_file(&path).unwrap_err().fault(),
        SourceFault::Io { .. }
    ));
    fs::remove_file(&path).unwrap();
    symlink("ring", &path).unwrap();
    assert!(matches!(
        KeyRing::from_file(&path).unwrap_err().fault(),
        SourceFault::Io { .. }
    ));
    fs::remove_file(&path).unwrap();
    // A gigabyte, of which no block is on the disk.
    write(&path, b"", 0o600);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    let large = "more than 65536 bytes; a ring file has at most 65536, so this is another file";
    says("a gigabyte", large);
    write(&path, &vec![b'\n'; 65_537], 0o600);
    says("one byte too many", large);
    // A file that says it has no bytes and has millions.
    #[cfg(target_os = "linux")]
    {
        let symbols = KeySource::directory("/proc", "kallsyms");
        assert_eq!(fs::metadata("/proc/kallsyms").unwrap().len(), 0);
        assert_eq!(sentence(&symbols), large);
    }
    // As a link, as everything that deploys makes them.
    write(&folder.path("real"), file_of(A).as_bytes(), 0o600);
    symlink("real", &path).unwrap();
    assert!(KeyRing::from_file(&path).is_ok());
}

#[test]
fn files_that_others_can_touch_are_refused() {
    let folder = Folder::new("modes");
    let path = folder.path("ring");
    for mode in [0o400_u32, 0o440, 0o600, 0o640, 0o700, 0o750, 0o641] {
        write(&path, file_of(A).as_bytes(), mode);
        assert!(KeyRing::from_file(&path).is_ok(), "{mode:o}");
        assert!(KeyRing::from_directory(folder.root(), "ring").is_ok());
    }
    for mode in [0o666_u32, 0o622, 0o660, 0o602, 0o777, 0o620] {
        write(&path, file_of(A).as_bytes(), mode);
        let expected = format!(
            "others may write this file (mode {mode:04o}); `chmod 640` it, and replace the keys \
             if somebody may have changed them"
        );
        assert_eq!(sentence(&KeySource::file(&path)), expected);
        let mounted = KeySource::directory(folder.root(), "ring");
        assert_eq!(sentence(&mounted), expected);
    }
    for mode in [0o644_u32, 0o444, 0o604, 0o755] {
        write(&path, file_of(A).as_bytes(), mode);
        let expected = format!(
            "others may read this file (mode {mode:04o}); `chmod 640` it, and replace the keys if \
             somebody did. A secret that the platform mounted is read as a directory"
        );
        assert_eq!(sentence(&KeySource::file(&path)), expected);
        // How Kubernetes and Docker mount secrets.
        assert!(KeyRing::from_directory(folder.root(), "ring").is_ok());
    }
    // The permissions of the file count, not those of the link to it.
    symlink("ring", folder.path("link")).unwrap();
    write(&path, file_of(A).as_bytes(), 0o646);
    assert!(KeyRing::from_file(folder.path("link")).is_err());
}

#[test]
fn a_name_does_not_lead_out_of_the_directory() {
    let folder = Folder::new("names");
    write(&folder.path("ring"), file_of(A).as_bytes(), 0o600);
    fs::create_dir(folder.path("inner")).unwrap();
    for bad in ["", ".", "..", "../ring", "/etc/passwd", "a/b", "a\0b"] {
        let expected = "this is not the name of one file; give a name without a directory";
        let source = KeySource::directory(folder.path("inner"), bad);
        assert_eq!(sentence(&source), expected, "{bad:?}");
    }
}

#[test]
fn a_key_in_the_place_of_a_name_is_not_repeated() {
    for source in [
        KeySource::file(A),
        KeySource::file(format!("/etc/{A}")),
        KeySource::env(A),
        KeySource::env(file_of(A)),
        KeySource::credential(B),
        KeySource::directory("/etc", B),
        KeySource::directory(B, "ring"),
        KeySource::custom(A, || Err(UnwrapError::new(B))),
        KeySource::custom("kms", || {
            Err(UnwrapError::new(&format!("no such key: {B}")))
        }),
    ] {
        let _ = sentence(&source);
    }
    assert_eq!(
        KeyRing::from_file(A).unwrap_err().place(),
        "file (not shown: it looks like a key)"
    );
}

/// A folder as the kubelet makes it, with `..data` at one of two.
fn swap(folder: &Folder, to: &str, ring: &str) {
    let inner = folder.path(to);
    fs::create_dir(&inner).unwrap();
    write(&inner.join("ring"), ring.as_bytes(), 0o644);
    symlink(to, folder.path("..data_tmp")).unwrap();
    fs::rename(folder.path("..data_tmp"), folder.path("..data")).unwrap();
}

#[test]
fn a_mounted_secret_that_is_swapped_is_read_whole_at_every_moment() {
    let folder = Folder::new("mounted");
    swap(&folder, "..0", &file_of(A));
    symlink("..data/ring", folder.path("ring")).unwrap();
    let source = KeySource::directory(folder.root(), "ring");
    let stop = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (source, stop) = (source.clone(), Arc::clone(&stop));
        move || {
            let mut read = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                let ring = source.load().expect("at every moment");
                assert_eq!(ring.keys().count(), 1);
                read += 1;
            }
            read
        }
    });
    for turn in 1..400_u32 {
        swap(
            &folder,
            &format!("..{turn}"),
            &file_of(if turn % 2 == 0 { A } else { B }),
        );
        fs::remove_dir_all(folder.path(&format!("..{}", turn - 1))).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    assert!(reader.join().unwrap() > 50);
    let ring = source.load().unwrap();
    assert_eq!(ring.keys().next().unwrap().id.to_string(), "aeeae641");
}
