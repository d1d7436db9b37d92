"""SPEC 16.2: computes stage and expected members of a vector from its kind and inputs."""

from .claims import TIME_MAX, encode_claims
from .described import read_described
from .errors import Refuse, Reject, Unavailable
from .keys import context, read_key_text
from .revocation import SESSION, View, cut_off, decode_record, digest
from .ring import check_configuration, load_ring, replace_ring
from .session import Policy, Site, issue, log_out, max_age, renew, require_fresh, rotate, update, verify
from .edge import (
    Head, accept_export, edge_id, edge_seed, edge_text, filter_value, read_edge_key, write_export,
)
from .ed25519 import public_key
from .feed import Fault, decode_position, open_batch, open_feed_snapshot, read_feed_key
from .snapshot import read_snapshot, write_snapshot
from .token import seal
from .wrapped import require_password, unwrap

H = bytes.fromhex
# SPEC 3: the default.
SKEW = 2


def input_bytes(inputs, name):
    """SPEC 16.1: a text, or its _hex form."""
    if name + "_hex" in inputs:
        return H(inputs[name + "_hex"])
    return inputs[name].encode("utf-8")


def read_keys(inputs):
    """SPEC 16.2, token: the (key, state) pairs from keys or from ring."""
    if "ring" in inputs:
        ring = load_ring(input_bytes(inputs, "ring"), inputs["now"])
        check_configuration(ring, None, read_policy(inputs).ttl)
        return ring.states(inputs["now"])
    return [(read_key_text(key["text"].encode()), key["state"]) for key in inputs["keys"]]


def read_policy(inputs):
    """SPEC 16.2: the policy, with the share of a renew vector."""
    policy = inputs["policy"]
    share = tuple(inputs.get("share", (1, 2)))
    policy = Policy(policy["idle"], policy["absolute"], policy["leeway"], policy["tolerance"], share)
    policy.check()
    return policy


def read_site(inputs, keys):
    """The site of a vector; a unit key must belong to its purpose and audience."""
    site = Site(keys, H(inputs["purpose"]), H(inputs["audience"]), H(inputs["binding"]),
                read_policy(inputs))
    for key, _ in keys:
        key.require_context(site.ctx)
    return site


def read_view(inputs):
    """SPEC 16.2: the records received before now."""
    view = View()
    for record in inputs["revocations"]:
        try:
            decode_record(H(record))
        except Refuse:
            continue  # SPEC 9.3: a malformed record is dropped.
        view.receive(decode_record(H(record)), inputs["now"], inputs["policy"]["tolerance"])
    return view


def claims_json(claims):
    """SPEC 16.2: claims of token and issue."""
    return {
        "session_id": claims.session_id.hex(),
        "generation": claims.generation,
        "subject": claims.subject.hex(),
        "authenticated_at": claims.authenticated_at,
        "issued_at": claims.issued_at,
        "idle": claims.idle,
        "absolute": claims.absolute,
        "major": claims.major,
        "minor": claims.minor,
    }


def steps_json(steps):
    """SPEC 16.2: steps of token."""
    values = (("kid", steps.kid), ("ctx", steps.ctx), ("S", steps.s), ("Ke", steps.ke),
              ("Kn", steps.kn), ("AAD", steps.aad), ("P", steps.plaintext), ("N", steps.nonce),
              ("subkey", steps.subkey), ("C", steps.ciphertext), ("T", steps.tag))
    return {**{name: value.hex() for name, value in values}, "log_id": steps.log_id()}


def run_verify(inputs):
    """Verify as in SPEC 16.2; returns site, view and session."""
    site, view = read_site(inputs, read_keys(inputs)), read_view(inputs)
    text = input_bytes(inputs, "token")
    return site, view, verify(site, inputs["reader"], view, inputs["now"], text)


def run_token(inputs, expected):
    """SPEC 16.2, token."""
    try:
        site, _, session = run_verify(inputs)
    except Reject as reject:
        return reject.stage, {"reason": reject.reason}
    key = next(key for key, _ in site.keys if key.kid == session.steps.kid)
    again = seal(key, site.purpose, site.audience, site.binding, session.steps.plaintext)
    assert again.token() == inputs["token"], "an accepted token is sealed differently"
    assert encode_claims(session.claims) + session.payload == session.steps.plaintext
    return "ok", {
        "reason": None,
        "claims": claims_json(session.claims),
        "payload": session.payload.hex(),
        "value": session.value,
        "read_only": session.read_only,
        "steps": steps_json(session.steps),
    }


def run_issue(inputs, expected):
    """SPEC 16.2, issue."""
    keys = [(read_key_text(inputs["key"].encode()), "sealing")]
    site, view = read_site(inputs, keys), read_view(inputs)
    try:
        text, claims = issue(site, view, inputs["now"], H(inputs["session_id"]),
                             H(inputs["subject"]), H(inputs["payload"]),
                             (inputs["major"], inputs["minor"]))
    except Refuse:
        return "refused", {"token": None, "claims": None}
    return "ok", {"token": text, "claims": claims_json(claims)}


def run_renew(inputs, expected):
    """SPEC 16.2, renew."""
    site, view, session = run_verify(inputs)
    text = renew(site, view, inputs["now"], session)
    return "none" if text is None else "ok", {"token": text}


def run_cutoff(inputs, expected):
    """SPEC 16.2, cutoff."""
    subject = None if inputs["subject"] is None else H(inputs["subject"])
    policy = read_policy(inputs)
    policy.check_skew(SKEW)
    try:
        value = cut_off(read_view(inputs), subject, optional_context(inputs), inputs["now"], policy.tolerance,
                        SKEW, inputs["before"])
    except Refuse:
        return "refused", {"cutoff": None}
    return "ok", {"cutoff": value}


def read_new(inputs):
    """SPEC 16.2, update and rotate: the new payload with its schema, or None."""
    new = inputs["new"]
    return None if new is None else (H(new["payload"]), (new["major"], new["minor"]))


def run_update(inputs, expected):
    """SPEC 16.2, update."""
    site, view, session = run_verify(inputs)
    try:
        text = update(site, view, inputs["now"], session, *read_new(inputs))
    except Refuse:
        return "refused", {"token": None}
    except Unavailable:
        return "unavailable", {"token": None}
    except Reject as reject:
        return reject.stage, {"token": None}
    return "ok", {"token": text}


def run_rotate(inputs, expected):
    """SPEC 16.2, rotate."""
    site, view, session = run_verify(inputs)
    new = read_new(inputs)
    try:
        text, record = rotate(site, view, inputs["now"], session, new, inputs["entry_life"])
    except Refuse:
        return "refused", {"token": None, "record": None}
    except Unavailable:
        return "unavailable", {"token": None, "record": None}
    except Reject as reject:
        return reject.stage, {"token": None, "record": None}
    assert record.kind == SESSION
    return "ok", {"token": text, "record": record.encode().hex()}


def run_logout(inputs, expected):
    """SPEC 16.2, logout. What the view holds plays no part."""
    site = read_site(inputs, read_keys(inputs))
    record = log_out(site, inputs["now"], input_bytes(inputs, "token"), inputs["entry_life"])
    return ("refused", {"record": None}) if record is None else ("ok", {"record": record.encode().hex()})


def optional_context(inputs):
    """ctx where purpose and audience may be null."""
    if inputs["purpose"] is None:
        return None
    return context(H(inputs["purpose"]), H(inputs["audience"]))


def run_key_text(inputs, expected):
    """SPEC 16.2, key-text."""
    try:
        key = read_key_text(input_bytes(inputs, "text"))
        if inputs["purpose"] is not None:
            key.require_context(optional_context(inputs))
    except Refuse:
        return "refused", {"form": None, "kid": None, "secret": None}
    return "ok", {"form": key.form, "kid": key.kid.hex(), "secret": key.secret.hex()}


def run_ring(inputs, expected):
    """SPEC 16.2, ring. The moments of the states come from the vector."""
    try:
        ring = load_ring(input_bytes(inputs, "text"), inputs["now"])
        check_configuration(ring, optional_context(inputs), inputs["ttl"])
    except Refuse:
        return "refused", {}
    states = [{"now": entry["now"], "states": {
        key.kid.hex(): state for key, state in ring.states(entry["now"])}}
        for entry in expected.get("states", [])]
    retirements = {entry.key.kid.hex(): ring.retirement(entry) for entry in ring.keys}
    return "ok", {"states": states, "retirements": retirements}


def run_ring_replace(inputs, expected):
    """SPEC 16.2, ring-replace."""
    old = load_ring(input_bytes(inputs, "old"), inputs["now"])
    try:
        replace_ring(old, input_bytes(inputs, "new"), inputs["now"], inputs["forced"])
    except Refuse:
        return "refused", {}
    return "ok", {}


def run_record(inputs, expected):
    """SPEC 16.2, record."""
    try:
        record = decode_record(H(inputs["record"]))
    except Refuse:
        return "refused", {}
    assert record.encode().hex() == inputs["record"]
    return "ok", {
        "kind": record.kind,
        "key": record.key.hex(),
        "value": str(record.value),
        "expires": str(record.expires),
        "exempt": None if record.exempt is None else record.exempt.hex(),
    }


def merged(records):
    """SPEC 9.4: the state of records in this order, as records."""
    view = View()
    for record in records:
        view.merge(decode_record(H(record)))
    return [record.hex() for record in view.records()]


def run_merge(inputs, expected):
    """SPEC 16.2, merge: the same result in reverse and with repetitions."""
    records = inputs["records"]
    result = merged(records)
    assert result == merged(records[::-1]) == merged([r for r in records for _ in range(2)])
    assert result == merged(result)
    return "ok", {"records": result}


def run_snapshot(inputs, expected):
    """SPEC 16.2, snapshot."""
    try:
        made_at, high_water, records = read_snapshot(H(inputs["snapshot"]))
    except Refuse:
        return "refused", {}
    assert write_snapshot(made_at, high_water, records).hex() == inputs["snapshot"]
    return "ok", {"made_at": made_at, "high_water": high_water,
                  "records": [record.hex() for record in records]}


def run_feed_key(inputs, expected):
    """SPEC 16.2, feed-key."""
    try:
        key = read_feed_key(inputs["text"].encode())
    except Refuse:
        return "refused", {}
    assert key.text() == inputs["text"]
    return "ok", {"fid": key.fid.hex(), "secret": key.secret.hex(), "mac_key": key.mac_key.hex()}


def feed_keys(inputs):
    """The accepted keys."""
    return [read_feed_key(text.encode()) for text in inputs["keys"]]


def run_feed_batch(inputs, expected):
    """SPEC 16.2, feed-batch."""
    onto = decode_position(H(inputs["onto"]))
    try:
        time, records, becomes = open_batch(
            feed_keys(inputs), inputs["realm"].encode(), onto, H(inputs["batch"]))
    except Fault as fault:
        return "refused", {"fault": str(fault)}
    return "ok", {"time": time, "records": [record.hex() for record in records],
                  "becomes": becomes.encode().hex()}


def run_feed_snapshot(inputs, expected):
    """SPEC 16.2, feed-snapshot."""
    try:
        position, life, inner = open_feed_snapshot(
            feed_keys(inputs), inputs["realm"].encode(), H(inputs["snapshot"]))
    except Fault as fault:
        return "refused", {"fault": str(fault)}
    return "ok", {"position": position.encode().hex(), "life": life, "snapshot": inner.hex()}


def run_wrapped(inputs, expected):
    """SPEC 16.2, wrapped. S is given, because Argon2id is not in the standard library."""
    try:
        require_password(H(inputs["password"]))
        text = unwrap(H(inputs["s"]), inputs["wrapped"])
    except Refuse:
        return "refused", {"text": None}
    return "ok", {"text": text.decode()}


def run_edge_key(inputs, expected):
    """SPEC 16.2, edge-key."""
    try:
        key = read_edge_key(inputs["edge_key"].encode())
    except Refuse:
        return "refused", {}
    assert edge_text(key) == inputs["edge_key"]
    return "ok", {"eid": edge_id(key).hex(), "key": key.hex()}


def run_edge_signer(inputs, expected):
    """SPEC 16.2, edge-signer."""
    seed = edge_seed(read_feed_key(inputs["feed_key"].encode()))
    return "ok", {"seed": seed.hex(), "text": edge_text(public_key(seed))}


def run_edge_make(inputs, expected):
    """SPEC 16.2, edge-make."""
    head = Head(decode_position(H(inputs["position"])), inputs["made_at"], inputs["valid_until"],
                inputs["high_water"], inputs["life"], H(inputs["salt"]))
    data = write_export(read_feed_key(inputs["feed_key"].encode()), inputs["realm"].encode(), head,
                        [H(record) for record in inputs["records"]], [H(name) for name in inputs["sessions"]])
    return "ok", {"export": data.hex()}


def run_edge_export(inputs, expected):
    """SPEC 16.2, edge-export."""
    keys, seen = [read_edge_key(text.encode()) for text in inputs["keys"]], inputs["seen"]
    if seen is not None:
        seen = decode_position(H(seen["position"])), seen["made_at"]
    try:
        (head, records, places, values), age = accept_export(
            keys, inputs["realm"].encode(), seen, inputs["now"], inputs["skew"], H(inputs["export"]))
    except Fault as fault:
        return "refused", {"fault": str(fault)}
    hits = [filter_value(head.salt, places, H(name)) in values for name in inputs["sessions"]]
    return "ok", {
        "position": head.position.encode().hex(), "made_at": head.made_at, "valid_until": head.valid_until,
        "high_water": head.high_water, "life": head.life, "salt": head.salt.hex(),
        "records": [record.hex() for record in records], "age": age, "hits": hits,
    }


def run_digest(inputs, expected):
    """SPEC 16.2, digest."""
    return "ok", {"key": digest(inputs["kind"], H(inputs["data"])).hex()}


def run_age(inputs, expected):
    """SPEC 16.2, age."""
    question = max_age if "max_age" in inputs else require_fresh
    limit = inputs.get("max_age", inputs.get("require_fresh"))
    moments = Moments(inputs["authenticated_at"], inputs["issued_at"])
    return "ok" if question(moments, inputs["now"], limit, inputs["leeway"]) else "failed", {}


def run_description(inputs, expected):
    """SPEC 16.2, description."""
    try:
        value, read_only = read_described(
            input_bytes(inputs, "description"), inputs["minor"], H(inputs["payload"]))
    except Refuse:
        return "refused", {}
    except Reject:
        return "schema", {}
    return "ok", {"value": value, "read_only": read_only}


class Moments:
    """The two claims which questions about age look at."""

    def __init__(self, authenticated_at, issued_at):
        self.authenticated_at = authenticated_at
        self.issued_at = issued_at


KINDS = {
    "token": run_token,
    "issue": run_issue,
    "renew": run_renew,
    "update": run_update,
    "rotate": run_rotate,
    "logout": run_logout,
    "cutoff": run_cutoff,
    "key-text": run_key_text,
    "ring": run_ring,
    "ring-replace": run_ring_replace,
    "record": run_record,
    "merge": run_merge,
    "snapshot": run_snapshot,
    "feed-key": run_feed_key,
    "feed-batch": run_feed_batch,
    "feed-snapshot": run_feed_snapshot,
    "wrapped": run_wrapped,
    "edge-key": run_edge_key,
    "edge-signer": run_edge_signer,
    "edge-make": run_edge_make,
    "edge-export": run_edge_export,
    "digest": run_digest,
    "age": run_age,
    "description": run_description,
}


NOTHING = {"token": ("reason",), "issue": ("token", "claims"), "renew": ("token",), "update": ("token",),
           "rotate": ("token", "record"), "key-text": ("form", "kid", "secret"), "feed-batch": ("fault",),
           "feed-snapshot": ("fault",)}


def answer(kind, inputs, expected=None):
    """SPEC 16.1: the same also for inputs that have no vector."""
    nothing = dict.fromkeys(NOTHING.get(kind, ()))
    try:
        if kind in ("ring", "ring-replace") and inputs["now"] > TIME_MAX:
            raise Unavailable("no time")
        if kind == "ring" and expected is None:
            expected = {"states": [{"now": inputs["now"]}]}
        return run(kind, inputs, expected)
    except Reject as reject:
        return reject.stage, nothing
    except Refuse:
        return "refused", nothing
    except Unavailable:
        return "unavailable", nothing


def run(kind, inputs, expected=None):
    """Stage and expected of a vector. expected is looked at by the kind ring only."""
    return KINDS[kind](inputs, expected or {})
