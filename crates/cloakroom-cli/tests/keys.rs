//! Ring files through the command: made privately, never overwritten, rotated without logging anybody
//! out, and left alone when something is refused.

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

mod common;

use common::{FOR, Place, key_line, ring_of};

#[test]
fn a_new_ring_is_private_and_never_overwrites() {
    let place = Place::new();
    let made = place.run("keys new ring --max-lifetime 8h --json");
    assert_eq!(made.ok().json()["keys"][0]["state"], "sealing");
    assert!(made.err.contains("no key is announced"), "{made:?}");
    assert_eq!(place.mode("ring"), 0o600);
    let before = place.read("ring");
    place
        .run("keys new ring --max-lifetime 8h")
        .fails(5, "--force");
    assert_eq!(place.read("ring"), before);
    place.run("keys new ring --max-lifetime 8h --force").ok();
    assert_ne!(place.read("ring"), before);
    assert_eq!(place.mode("ring"), 0o600);
    // Nothing is left beside it.
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_dangling_link_is_not_followed_by_a_new_ring() {
    let place = Place::new();
    std::os::unix::fs::symlink(place.join("elsewhere"), place.join("ring")).unwrap();
    place
        .run("keys new ring --max-lifetime 8h")
        .fails(5, "exists already");
    assert!(!place.join("elsewhere").exists());
}

#[test]
fn the_next_key_is_announced_and_drawn() {
    let place = Place::new();
    let first = place.ring();
    let added = place.run("keys add ring --json").ok().json();
    let second = added["added"].as_str().unwrap().to_owned();
    let plan = place.run("keys plan ring --at +1m");
    assert!(plan.ok().err.is_empty(), "{plan:?}");
    let lines: Vec<&str> = plan.out.lines().collect();
    assert_eq!(
        lines[0],
        format!("time                   {first}   {second}")
    );
    assert!(lines[2].contains("> sealing    announced  now"), "{plan:?}");
    assert!(lines[3].ends_with("open-only  sealing"), "{plan:?}");
    assert!(lines[4].ends_with("retired    sealing"), "{plan:?}");
    assert!(
        lines[5].starts_with(&format!("next: key {second} seals in ")),
        "{plan:?}"
    );
    let json = place.run("keys plan ring --json").json();
    assert_eq!(json["turns"].as_array().unwrap().len(), 4);
    place.run("keys check ring").ok();
}

#[test]
fn a_key_that_seals_before_all_servers_have_it_takes_force() {
    let place = Place::new();
    place.ring();
    let before = place.read("ring");
    for at in ["+1s", "+10s", "+59m"] {
        let refused = place.run(&format!("keys add ring --at {at}"));
        refused.fails(5, "before every server has it");
    }
    place
        .run("keys add ring --at 1970-01-01T00:00:00Z")
        .fails(2, "has passed");
    place.run("keys add ring --at -1h").fails(2, "has passed");
    assert_eq!(place.read("ring"), before);
    place.run("keys add ring --at +2h").ok();
    let far = place.run("keys add ring --at 9999-12-31T23:59:59Z");
    far.ok();
    assert!(far.err.contains("if the year is mistyped"), "{far:?}");
    place.run("keys add ring --at +10s --force").ok();
}

#[test]
fn a_key_in_use_is_not_taken_out_without_force() {
    let place = Place::new();
    let first = place.ring();
    place.run("keys add ring").ok();
    let before = place.read("ring");
    place
        .run(&format!("keys retire ring {first}"))
        .fails(5, "seals");
    place
        .run(&format!("keys retire ring {first} --at +9h"))
        .fails(5, "earliest safe time");
    let nothing = place.run("keys retire ring --done");
    assert!(
        nothing.ok().out.contains("nothing was changed"),
        "{nothing:?}"
    );
    assert_eq!(place.read("ring"), before);
    place
        .run(&format!("keys retire ring {first} --at +11h"))
        .ok();
    assert!(place.read("ring").contains(" retire="));
    let forced = place.run(&format!("keys retire ring {first} --at +2h --force"));
    assert!(forced.ok().err.contains("logged out"), "{forced:?}");
    assert!(place.read("ring").contains(" forced"));
}

#[test]
fn an_open_only_key_is_kept_until_its_tokens_are_dead() {
    let place = Place::new();
    let now = place_time(-3600);
    let (old, line) = key_line("2020-01-01T00:00:00Z", "");
    let (_, newer) = key_line(&now, "");
    place.write("ring", ring_of(&[line, newer]), 0o600);
    place
        .run(&format!("keys retire ring {old}"))
        .fails(5, "may be alive until");
    let forced = place.run(&format!("keys retire ring {old} --force"));
    assert!(forced.ok().err.contains("restart them"), "{forced:?}");
    assert_eq!(place.read("ring").matches("\nkey ").count(), 1);
}

/// A time so many seconds from now, as a ring file has it.
fn place_time(distance: i64) -> String {
    use cloakroom::{Clock as _, SystemClock};
    let now = SystemClock.now().unwrap();
    now.checked_add(time::Duration::seconds(distance))
        .unwrap()
        .to_string()
}

#[test]
fn retired_keys_are_taken_out_together() {
    let place = Place::new();
    let (first, one) = key_line("2020-01-01T00:00:00Z", " # of 2020");
    let (second, two) = key_line("2021-01-01T00:00:00Z", "");
    let (third, three) = key_line("2022-01-01T00:00:00Z", " # current");
    place.write("ring", ring_of(&[one, two, three]), 0o600);
    let listed = place.run("keys list ring").ok().out.clone();
    assert!(listed.contains(&format!("{first}  retired")), "{listed}");
    let done = place.run("keys retire ring --done");
    assert!(
        done.ok().out.contains(&first) && done.out.contains(&second),
        "{done:?}"
    );
    let left = place.run("keys list ring --json").json();
    assert_eq!(left["keys"].as_array().unwrap().len(), 1);
    assert_eq!(left["keys"][0]["id"], third);
    assert_eq!(left["keys"][0]["note"], "current");
    place
        .run(&format!("keys retire ring {third}"))
        .fails(3, "only key");
}

#[test]
fn comments_permissions_and_links_survive_an_edit() {
    let place = Place::new();
    let (_, line) = key_line("2020-01-01T00:00:00Z", "");
    let text = ring_of(&["# ask ada before you touch this".into(), line]);
    place.write("real", text, 0o640);
    std::os::unix::fs::symlink(place.join("real"), place.join("ring")).unwrap();
    place.run("keys add ring").ok();
    assert!(
        place
            .read("real")
            .contains("# ask ada before you touch this\n")
    );
    assert_eq!(place.mode("real"), 0o640);
    assert!(
        place
            .join("ring")
            .symlink_metadata()
            .unwrap()
            .file_type()
            .is_symlink()
    );
    assert_eq!(
        place.run("keys list ring --json").json()["keys"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_leaked_key_is_replaced_at_once_and_its_tokens_are_refused() {
    let place = Place::new();
    let leaked = place.ring();
    let token = place.token("");
    let next = place
        .run(&format!("keys disable ring {leaked} --json"))
        .ok()
        .json();
    assert_eq!(next["disabled"], leaked);
    assert_eq!(next["sealing"], next["added"]);
    let opened = place.feed(&format!("open --ring ring {FOR}"), token.as_bytes());
    assert_eq!(opened.code, 1);
    assert!(
        opened.out.contains("stage key") && opened.out.contains("is disabled"),
        "{opened:?}"
    );
    // Logging in works.
    let again = place.token("");
    place
        .feed(&format!("open --ring ring {FOR}"), again.as_bytes())
        .ok();
}

#[test]
fn a_key_that_the_ring_has_not_is_not_disabled() {
    let place = Place::new();
    place.ring();
    place
        .run("keys disable ring 00000000")
        .fails(3, "has no key 00000000");
}

#[test]
fn a_check_tells_whether_servers_would_take_a_ring() {
    let place = Place::new();
    place.ring();
    std::fs::copy(place.join("ring"), place.join("old")).unwrap();
    place
        .run("keys check ring")
        .fails(1, "announced to succeed");
    place.run("keys add ring").ok();
    place.run("keys check ring --before old").ok();
    place
        .run("keys check ring --token-lifetime 9h")
        .fails(1, "raise `max-lifetime`");
    place
        .run("keys check ring --reload 2h")
        .fails(1, "raise `rollout`");
    place.run("keys new other --max-lifetime 8h").ok();
    let refused = place.run("keys check other --before ring --json");
    assert_eq!(refused.fails(5, "would not take").json()["ok"], false);
    assert!(refused.json()["refused"].is_string(), "{refused:?}");
    // Ten hours later the first key is retired, and the second has no successor.
    let later = place.run("keys check ring --at +11h --json");
    assert_eq!(
        later.fails(1, "announced to succeed").json()["kinds"][0],
        "no-successor"
    );
}

/// Between `keys add` and `keys check` an operator looks at the plan, and between that and the shipping
/// at something else.
#[test]
fn whoever_takes_ten_minutes_to_ship_a_ring_is_not_sent_back_and_whoever_takes_thirty_is() {
    let place = Place::new();
    place.ring();
    std::fs::copy(place.join("ring"), place.join("old")).unwrap();
    place.run("keys add ring").ok();
    let check = |at: &str| place.run(&format!("keys check ring --before old --at {at}"));
    check("+0s").ok();
    check("+10m").ok();
    check("+30m").fails(1, "before every server has it");
}

#[test]
fn a_wrapped_ring_is_read_and_written_with_its_password() {
    let place = Place::new();
    place.write("password", "correct horse\n", 0o600);
    place.ring();
    place
        .run("keys wrap ring backup --password-file password")
        .ok();
    assert!(place.read("backup").starts_with("clkwrap1."));
    assert_eq!(place.mode("backup"), 0o600);
    place.run("keys list backup --password-file password").ok();
    place.run("keys list backup").fails(2, "--password-file");
    place.write("wrong", "incorrect horse\n", 0o600);
    place
        .run("keys list backup --password-file wrong")
        .fails(3, "the password is wrong");
    place.run("keys add backup --password-file password").ok();
    assert!(place.read("backup").starts_with("clkwrap1."));
    place
        .run("keys unwrap backup ring --password-file password")
        .fails(5, "exists already");
    place
        .run("keys unwrap backup restored --password-file password")
        .ok();
    let restored = place.run("keys list restored --json").json();
    assert_eq!(restored["keys"].as_array().unwrap().len(), 2);
    place.write("open", "correct horse\n", 0o644);
    place
        .run("keys list backup --password-file open")
        .fails(3, "others may read");
    place
        .run("keys unwrap ring x --password-file password")
        .fails(3, "is not wrapped");
}

#[test]
fn a_password_comes_from_a_descriptor() {
    let place = Place::new();
    place.write("password", "correct horse", 0o600);
    let command = env!("CARGO_BIN_EXE_cloakroom");
    let script = format!(
        "{command} keys new ring --max-lifetime 8h --wrap --password-fd 3 3<password && \
         printf 'correct horse\\n' | {command} keys list ring --password-fd 0"
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(place.read("ring").starts_with("clkwrap1."));
    place
        .run("keys list ring --password-fd 77")
        .fails(3, "descriptor 77");
}
