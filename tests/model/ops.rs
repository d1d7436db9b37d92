//! What happens in a run of the model.

use proptest::prelude::*;

/// One step. Numbers choose among what there is, modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Issue(u8),
    /// Verifies a token and keeps the session, as a request does that answers later.
    Hold(u8),
    Renew(u8),
    Update(u8),
    Rotate(u8),
    Reauthenticate(u8),
    Revoke(u8),
    Generations(u8, u8),
    Subject(u8),
    SubjectExcept(u8, u8),
    SubjectBefore(u8, u16),
    All,
    AllBefore(u16),
    Key(bool),
    /// A cut-off arrives from a server whose clock is fast by so much.
    Arrives(u8, u8),
    Pass(u16),
    /// This server's clock shows the time less so much.
    Behind(u8),
    Purge,
    Exchange(u64),
}

pub(crate) fn op() -> impl Strategy<Value = (u8, Op)> {
    let byte = any::<u8>;
    let op = prop_oneof![
        4 => byte().prop_map(Op::Issue),
        3 => byte().prop_map(Op::Hold),
        5 => byte().prop_map(Op::Renew),
        2 => byte().prop_map(Op::Update),
        3 => byte().prop_map(Op::Rotate),
        1 => byte().prop_map(Op::Reauthenticate),
        2 => byte().prop_map(Op::Revoke),
        1 => (byte(), 1..4_u8).prop_map(|(t, g)| Op::Generations(t, g)),
        2 => byte().prop_map(Op::Subject),
        2 => (byte(), byte()).prop_map(|(s, t)| Op::SubjectExcept(s, t)),
        1 => (byte(), 0..3_000_u16).prop_map(|(s, b)| Op::SubjectBefore(s, b)),
        1 => Just(Op::All),
        1 => (0..3_000_u16).prop_map(Op::AllBefore),
        1 => any::<bool>().prop_map(Op::Key),
        1 => (byte(), byte()).prop_map(|(s, a)| Op::Arrives(s, a)),
        5 => (0..2_000_u16).prop_map(Op::Pass),
        2 => (0..4_u16).prop_map(Op::Pass),
        2 => prop_oneof![0..3_u8, 0..50_u8].prop_map(Op::Behind),
        2 => Just(Op::Purge),
        2 => any::<u64>().prop_map(Op::Exchange),
    ];
    (byte(), op)
}
