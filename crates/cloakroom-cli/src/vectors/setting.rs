//! The server that a vector describes: its sessions, clock, drawn bytes and revocations.

use cloakroom::hazmat::For;
use cloakroom::{
    KeyRing, Payload, RandomError, RandomSource, Record, RevocationList, RevocationView as _,
    Sessions, Timestamp,
};

use crate::args::PolicyArgs;
use crate::token::judge;
use crate::vectors::recording::Recording;
use crate::vectors::vector::{Vector, Why, bytes, exactly, small};

/// The longest token (SPEC §5.1), which no vector shortens.
const LONGEST: usize = 4096;

pub(crate) struct Setting {
    ring: KeyRing,
    pub(crate) purpose: Vec<u8>,
    pub(crate) audience: Vec<u8>,
    pub(crate) binding: Vec<u8>,
    pub(crate) policy: PolicyArgs,
    pub(crate) now: Timestamp,
    /// After which a renewal is due.
    pub(crate) share: (u32, u32),
    /// The bytes of a new session's id.
    pub(crate) drawn: [u8; 16],
    pub(crate) view: Recording,
}

impl Setting {
    pub(crate) fn of(vector: &Vector, ring: KeyRing) -> Result<Self, Why> {
        let (policy, now) = (policy(vector)?, vector.now()?);
        // A cut-off is for no binding.
        let binding = match vector.kind() {
            "cutoff" => Vec::new(),
            _ => vector.bytes("binding")?,
        };
        Ok(Self {
            ring,
            purpose: vector.bytes("purpose")?,
            audience: vector.bytes("audience")?,
            binding,
            view: Recording::over(list(vector, &policy, now)?),
            policy,
            now,
            share: (1, 2),
            drawn: [0; 16],
        })
    }

    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub(crate) fn to(&self) -> For<'_> {
        For {
            purpose: &self.purpose,
            audience: &self.audience,
            binding: &self.binding,
        }
    }

    /// The same server with payloads of this type.
    pub(crate) fn sessions<T: Payload>(&self) -> Result<Sessions<T, Recording>, Why> {
        let (to, view) = (self.to(), self.view.clone());
        let builder = judge::describe(self.ring.clone(), to, view, &self.policy, self.now);
        let sessions = builder
            .max_token_len(LONGEST)
            .renew_share(self.share.0, self.share.1)
            .random(Drawn(self.drawn))
            .build()
            .map_err(|error| format!("no server is set up so: {error}"))?;
        let bound = sessions.bound_to(&self.binding);
        bound.map_err(|error| error.to_string().into())
    }
}

struct Drawn([u8; 16]);

impl RandomSource for Drawn {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        match out.len() == self.0.len() {
            true => out.copy_from_slice(&self.0),
            false => return Err(RandomError::new()),
        }
        Ok(())
    }
}

fn policy(vector: &Vector) -> Result<PolicyArgs, Why> {
    let policy = vector.input("policy");
    let names = ["idle", "absolute", "leeway", "tolerance"];
    exactly("the policy", policy, &names)?;
    let number =
        |name: &str| small(&policy[name]).map_err(|why| format!("`{name}` of the policy: {why}"));
    Ok(PolicyArgs {
        idle_timeout: Some(number("idle")?).filter(|idle| *idle > 0),
        absolute_timeout: Some(number("absolute")?),
        leeway: number("leeway")?,
        tolerance: number("tolerance")?,
    })
}

/// What the server has received, with the tolerance of its policy in force.
fn list(vector: &Vector, policy: &PolicyArgs, now: Timestamp) -> Result<RevocationList, Why> {
    let list = RevocationList::new();
    judge::register(&list, policy).map_err(|_| "no server has the policy")?;
    for record in vector.list("revocations")? {
        let record = Record::from_bytes(&record).map_err(|error| error.to_string())?;
        let _counted = list.merge(&[record], now);
    }
    list.tick(now);
    Ok(list)
}

/// The payload that replaces the one at hand, with its schema: `new`, which may be null for a rotation.
pub(crate) fn replacement(vector: &Vector) -> Result<Option<(u32, u32, Vec<u8>)>, Why> {
    let new = vector.input("new");
    if new.is_null() {
        return Ok(None);
    }
    exactly("`new`", new, &["payload", "major", "minor"])?;
    let number = |name: &str| small(&new[name]).map_err(|why| format!("`{name}` of `new`: {why}"));
    let payload = bytes(&new["payload"]);
    let payload = payload.map_err(|why| format!("`payload` of `new`: {why}"))?;
    Ok(Some((number("major")?, number("minor")?, payload)))
}
