//! Every question of the README's table, asked of every peer: a test each, by running it.

use cloakroom_web_peers::{peers, table};

fn check(question: usize, peer: usize) {
    let peer = &peers::ALL[peer];
    let row = &table::rows()[question];
    let answer = (row.question.ask)(peer);
    let expected = row.answers[table::column(peer)];
    assert_eq!(answer, expected, "{}: {}", peer.name, row.question.title);
}

macro_rules! tests {
    ($($question:literal $name:ident)*) => {$(
        mod $name {
            tests!(@peers $question:
                0 cloakroom_axum, 1 cloakroom_actix, 2 actix_session_cookie_store,
                3 axum_extra_private_cookie_jar, 4 tower_sessions_cookie_store,
                5 tower_sessions_memory_store, 6 axum_login);
        }
    )*};
    (@peers $question:literal: $($peer:literal $name:ident),*) => {$(
        #[test]
        fn $name() {
            super::check($question, $peer);
        }
    )*};
}

tests! {
    0 a_copied_cookie_when_its_time_is_up
    1 a_copied_cookie_after_logout
    2 limits_that_the_server_enforces
    3 a_session_of_five_thousand_characters
    4 sizes_that_log_the_user_out_without_an_error
    5 the_cookie_unless_configured
    6 a_form_of_another_site
    7 a_login_by_another_site
    8 a_session_planted_before_the_login
    9 a_new_key
    10 log_out_everywhere
    11 allocations_that_a_live_session_adds
    12 the_server_restarts
}

#[test]
fn no_question_and_no_peer_is_left_out() {
    assert_eq!(table::rows().len(), 13);
    assert_eq!(peers::ALL.len(), 7);
}
