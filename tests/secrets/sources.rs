//! Sources of keys and what watches them, with a key in every place that a person may put it.

use cloakroom::reload::{KeyEvent, KeyWatch};
use cloakroom::source::{KeySource, UnwrapError};
use cloakroom::{Fleet, Key, KeyRing, NoRevocation, RawBytes, Sessions};
use time::Duration;

use crate::search::{Probe, ViaDebug as _, ViaDisplay as _, ViaNothing as _};
use crate::{Printed, at, search};

pub(crate) fn sources(printed: &Printed, key: &Key, ring: &KeyRing) {
    let text = key.to_text();
    for damaged in search::damaged(text.expose()) {
        let stored = damaged.clone();
        let file = format!("cloakroom-ring 1\nmax-lifetime 60\nkey {damaged}\n");
        for source in [
            KeySource::env(&damaged),
            KeySource::file(&damaged),
            KeySource::file(format!("/etc/{damaged}/ring")),
            KeySource::credential(&damaged),
            KeySource::directory("/etc", &damaged),
            KeySource::directory(&damaged, "ring"),
            KeySource::custom(&damaged, || Err(UnwrapError::new("no"))),
            KeySource::custom("stored", move || Ok(stored.clone().into())),
            KeySource::custom("stored", move || Ok(file.clone().into())),
        ] {
            let error = source.load().err().unwrap();
            print!(printed, KeySource: source, SourceFault: error.fault().clone(), SourceError: error);
        }
        print!(printed, UnwrapError: UnwrapError::new(&damaged));
    }
    watch(printed, ring);
    let timeline = ring.timeline(at(crate::NOW));
    print!(printed,
        RingWarning: ring.warnings(at(crate::NOW), &Fleet::new(60))[0],
        KeyPlan: timeline.keys()[0].clone(),
        Turn: timeline.turns()[0],
        Timeline: timeline,
    );
    #[cfg(feature = "password")]
    wrapped(printed, text.expose());
}

fn watch(printed: &Printed, ring: &KeyRing) {
    let sessions: Sessions<RawBytes, NoRevocation> =
        crate::builder(ring, NoRevocation).build().unwrap();
    let stored = ring.to_text().expose().replace("activate=", "activates=");
    let source = KeySource::custom("stored", move || Ok(stored.clone().into()));
    let builder = || KeyWatch::builder(source.clone()).sessions(&sessions);
    print!(printed, WatchError: builder().every(Duration::ZERO).start().err().unwrap());
    print!(printed, KeyWatchBuilder: builder());
    let watch = builder().without_thread().unwrap();
    let error = watch.poll_now().err().unwrap();
    print!(printed,
        KeyEvent: KeyEvent::Replaced { ring: ring.clone(), disabled: Vec::new(), warnings: Vec::new() },
        KeyEvent: KeyEvent::Failed(error.clone()),
        ReloadError: error,
        WatchStatus: watch.status(),
        KeyWatch: watch,
    );
}

#[cfg(feature = "password")]
fn wrapped(printed: &Printed, key: &str) {
    use cloakroom::source::{Password, PasswordCost};
    let password = Password::new(key).unwrap();
    print!(printed,
        PasswordCost: PasswordCost::default(),
        PasswordError: password.unwrap(key).err().unwrap(),
        PasswordError: PasswordCost::of(&format!("clkwrap1.{key}")).err().unwrap(),
        Password: password,
    );
}
