"""What this implementation makes of the inputs of a vector, in the notation of the vectors."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from cloakroom import (
    ConfigurationError, EncodedPayload, KeyEntry, KeyRing, KeyState, Policy, Record, Rejected,
    RequestError, RevocationList, RevocationState, RootKey, Session, Sessions, Shape, Unavailable,
    UnitKey, parse_key, parse_ring, read_snapshot,
)
from cloakroom import _crypto, _text
from cloakroom._params import KEYS_MAX, KID_LEN, NONCE_LEN, TAG_LEN, U32_MAX
from cloakroom.claims import Claims, encode_claims
from cloakroom.feed import FeedFault
from cloakroom.policy import younger_than

from . import vector_shapes
from .described import described
from .feeds import feed_batch, feed_key, feed_snapshot
from .hchacha20 import subkey
from .requests import BadRequest, check_inputs, check_moments

Inputs = Mapping[str, Any]
Answer = Tuple[str, Dict[str, Any]]


class _FixedRing(KeyRing):
    """A ring whose keys have given states at all times."""

    def __init__(self, keys: List[Tuple[KeyEntry, KeyState]]) -> None:
        self.max_lifetime = U32_MAX
        self.entries = tuple(entry for entry, _ in keys)
        self._by_kid = {entry.kid: entry for entry in self.entries}
        self._fixed = {entry.kid: state for entry, state in keys}
        sealing = [entry for entry, state in keys if state is KeyState.SEALING]
        if not 1 <= len(keys) <= KEYS_MAX or len(self._by_kid) != len(keys) or len(sealing) > 1:
            raise ConfigurationError("the keys do not form a ring")
        if len({type(entry.key) for entry in self.entries}) > 1:
            raise ConfigurationError("a ring holds root keys or derived keys, not both")
        self._sealing = sealing[0] if sealing else None

    def state(self, kid: bytes, now: int) -> Optional[KeyState]:
        return self._fixed.get(kid)

    def sealing_key(self, now: int) -> Optional[KeyEntry]:
        return self._sealing


class _View(RevocationList):
    """A view that shows what is published, with entries of a given life."""

    fixed_life: Optional[int] = None
    last: Optional[Record] = None

    @property
    def entry_life(self) -> int:
        return super().entry_life if self.fixed_life is None else self.fixed_life

    def publish(self, record: Record, now: int) -> Any:
        self.last = record
        return super().publish(record, now)

    def publish_rotation(self, record: Record, now: int) -> Any:
        self.last = record
        return super().publish_rotation(record, now)


class _Issuing(Sessions):
    fixed_id: bytes

    def _new_session_id(self) -> bytes:
        return self.fixed_id


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


def _text_of(inputs: Inputs, name: str) -> bytes:
    if name in inputs:
        return bytes(inputs[name].encode("utf-8"))
    return _hex(inputs[name + "_hex"])


def _policy(inputs: Inputs) -> Policy:
    given = inputs["policy"]
    share = tuple(inputs["share"]) if "share" in inputs else (1, 2)
    return Policy(
        absolute=given["absolute"],
        idle=given["idle"] or None,
        leeway=given["leeway"],
        tolerance=given["tolerance"],
        share=share,
    )


def _ring(inputs: Inputs) -> KeyRing:
    if "ring" in inputs:
        return parse_ring(inputs["ring"], now=inputs["now"])
    keys = []
    for given in inputs["keys"]:
        state = KeyState(given["state"])
        entry = KeyEntry(parse_key(given["text"]), 0, disabled=state is KeyState.DISABLED)
        keys.append((entry, state))
    return _FixedRing(keys)


def _sessions(inputs: Inputs, ring: KeyRing, shape: Shape, kind: str) -> Tuple[_Issuing, _View]:
    view = _View(clock=lambda: inputs["now"])
    view.fixed_life = inputs.get("entry_life")
    sessions = _Issuing(
        ring,
        _hex(inputs["purpose"]),
        _hex(inputs["audience"]),
        policy=_policy(inputs),
        payload=shape,
        revocations=view,
        clock=lambda: inputs["now"],
        verify_only=kind == "token",
    )
    for record in inputs["revocations"]:
        try:
            view.receive(_hex(record))
        except ConfigurationError:
            pass  # A malformed record is rejected and counted, and the server goes on.
    return sessions, view


def _claims(claims: Claims) -> Dict[str, Any]:
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


def _steps(token: bytes, session: Session) -> Dict[str, str]:
    cipher = session._cipher
    body = _text.token_body(token)
    plaintext = encode_claims(session._claims) + session.payload
    aad = cipher.associated_data(session._binding)
    nonce = cipher.nonce(aad, plaintext)
    sealed = body[KID_LEN + NONCE_LEN :]
    if _text.token_text(cipher.seal(session._binding, plaintext)).encode() != token:
        raise AssertionError("sealing the plaintext again gives another token")
    return {
        "kid": cipher.kid.hex(),
        "ctx": session._context.hex(),
        "S": cipher._unit.hex(),
        "Ke": cipher._enc.hex(),
        "Kn": cipher._siv.hex(),
        "AAD": aad.hex(),
        "P": plaintext.hex(),
        "N": nonce.hex(),
        "subkey": subkey(cipher._enc, nonce, aad, plaintext, sealed).hex(),
        "C": sealed[:-TAG_LEN].hex(),
        "T": sealed[-TAG_LEN:].hex(),
        "log_id": session.log_id,
    }


def _verified(inputs: Inputs, kind: str) -> Tuple[_Issuing, _View, bytes, Session]:
    shape = vector_shapes.shape(inputs["reader"])
    sessions, view = _sessions(inputs, _ring(inputs), shape, kind)
    token = _text_of(inputs, "token")
    return sessions, view, token, sessions.verify(token, binding=_hex(inputs["binding"]))


def _token(inputs: Inputs) -> Answer:
    _, _, token, session = _verified(inputs, "token")
    return "ok", {
        "reason": None,
        "claims": _claims(session._claims),
        "payload": session.payload.hex(),
        "value": vector_shapes.notation(session.value),
        "read_only": session.read_only,
        "steps": _steps(token, session),
    }


def _new(inputs: Inputs) -> EncodedPayload:
    new = inputs["new"]
    return EncodedPayload(_hex(new["payload"]), new["major"], new["minor"])


def _renew(inputs: Inputs) -> Answer:
    sessions, _, _, session = _verified(inputs, "renew")
    renewed = sessions.renew(session)
    return ("none", {"token": None}) if renewed is None else ("ok", {"token": renewed.token})


def _update(inputs: Inputs) -> Answer:
    sessions, _, _, session = _verified(inputs, "update")
    return "ok", {"token": sessions.update(session, _new(inputs)).token}


def _rotate(inputs: Inputs) -> Answer:
    sessions, view, _, session = _verified(inputs, "rotate")
    if inputs["new"] is None:
        rotated = sessions.rotate(session)
    else:
        rotated = sessions.rotate(session, _new(inputs))
    assert view.last is not None
    return "ok", {"token": rotated.token, "record": view.last.to_bytes().hex()}


def _logout(inputs: Inputs) -> Answer:
    sessions, view = _sessions(inputs, _ring(inputs), Shape.raw(1), "logout")
    token, binding = _text_of(inputs, "token"), _hex(inputs["binding"])
    if sessions.log_out_token(token, binding=binding) is None:
        return "refused", {"record": None}
    assert view.last is not None
    return "ok", {"record": view.last.to_bytes().hex()}


def _issue(inputs: Inputs) -> Answer:
    ring = _FixedRing([(KeyEntry(parse_key(inputs["key"]), 0), KeyState.SEALING)])
    sessions, _ = _sessions(inputs, ring, Shape.raw(inputs["major"]), "issue")
    sessions.fixed_id = _hex(inputs["session_id"])
    payload = EncodedPayload(_hex(inputs["payload"]), inputs["major"], inputs["minor"])
    issued = sessions.issue(_hex(inputs["subject"]), payload, binding=_hex(inputs["binding"]))
    return "ok", {"token": issued.token, "claims": _claims(issued.session._claims)}


def _key_text(inputs: Inputs) -> Answer:
    key = parse_key(_text_of(inputs, "text"))
    if isinstance(key, UnitKey) and inputs["purpose"] is not None:
        serves = key.serves(_hex(inputs["purpose"]), _hex(inputs["audience"]))
        if not serves:
            raise ConfigurationError("the derived key is for another purpose or audience")
    form = "root" if isinstance(key, RootKey) else "unit"
    return "ok", {"form": form, "kid": key.kid.hex(), "secret": key._secret.hex()}


def _ring_file(inputs: Inputs, moments: Optional[List[int]]) -> Answer:
    ring = parse_ring(_text_of(inputs, "text"), now=inputs["now"])
    if inputs["purpose"] is not None:
        purpose, audience = _hex(inputs["purpose"]), _hex(inputs["audience"])
        ring.check_configuration(purpose, audience, inputs["ttl"])
    elif inputs["ttl"] is not None and inputs["ttl"] > ring.max_lifetime:
        raise ConfigurationError("the token lifetime exceeds max-lifetime")
    states = [
        {"now": now, "states": {kid.hex(): s.value for kid, s in ring.states(now).items()}}
        for now in ([inputs["now"]] if moments is None else moments)
    ]
    retirements = {entry.kid.hex(): ring.retirement(entry.kid) for entry in ring.entries}
    return "ok", {"states": states, "retirements": retirements}


def _ring_replace(inputs: Inputs) -> Answer:
    old = parse_ring(inputs["old"], now=inputs["now"])
    new = parse_ring(inputs["new"], now=inputs["now"])
    if not inputs["forced"]:
        old.check_replacement(new, inputs["now"])
    return "ok", {}


def _record(inputs: Inputs) -> Answer:
    record = Record.from_bytes(_hex(inputs["record"]))
    return "ok", {
        "kind": record.kind,
        "key": record.key.hex(),
        "value": str(record.value),
        "expires": str(record.expires),
        "exempt": None if record.exempt is None else record.exempt.hex(),
    }


def _merge(inputs: Inputs) -> Answer:
    state = RevocationState()
    for record in inputs["records"]:
        state.merge(Record.from_bytes(_hex(record)))
    return "ok", {"records": sorted(record.to_bytes().hex() for record in state.records())}


def _snapshot(inputs: Inputs) -> Answer:
    snapshot = read_snapshot(_hex(inputs["snapshot"]))
    return "ok", {
        "made_at": snapshot.made_at,
        "high_water": snapshot.high_water,
        "records": [record.to_bytes().hex() for record in snapshot.records],
    }


def _digest(inputs: Inputs) -> Answer:
    return "ok", {"key": _crypto.digest(inputs["kind"], _hex(inputs["data"])).hex()}


def _cutoff(inputs: Inputs) -> Answer:
    ring = _FixedRing([(KeyEntry(parse_key(inputs["key"]), 0), KeyState.SEALING)])
    sessions, view = _sessions(inputs, ring, Shape.raw(1), "cutoff")
    before = inputs["before"]
    if inputs["subject"] is None:
        sessions.end_all(before=before)
    else:
        sessions.log_out_everywhere(_hex(inputs["subject"]), before=before)
    assert view.last is not None
    return "ok", {"cutoff": view.last.value}


def _description(inputs: Inputs) -> Answer:
    return described(_text_of(inputs, "description"), inputs["minor"], _hex(inputs["payload"]))


def _age(inputs: Inputs) -> Answer:
    name, moment = (
        ("max_age", "issued_at") if "max_age" in inputs else ("require_fresh", "authenticated_at")
    )
    young = younger_than(inputs[moment], inputs["now"], inputs[name], inputs["leeway"])
    return "ok" if young else "failed", {}


_PROCEDURES = {
    "token": _token, "issue": _issue, "renew": _renew, "update": _update, "rotate": _rotate,
    "cutoff": _cutoff, "logout": _logout,
    "key-text": _key_text, "ring-replace": _ring_replace, "record": _record, "merge": _merge,
    "snapshot": _snapshot, "digest": _digest, "age": _age, "feed-key": feed_key,
    "feed-batch": feed_batch, "feed-snapshot": feed_snapshot,
    "description": _description,
}

# What stands in `expected` where a kind has no positive outcome.
_EMPTY: Dict[str, Tuple[str, ...]] = {
    "token": ("reason",), "issue": ("token", "claims"), "renew": ("token",), "update": ("token",),
    "rotate": ("token", "record"), "cutoff": ("cutoff",), "logout": ("record",),
    "key-text": ("form", "kid", "secret"),
    "feed-batch": ("fault",), "feed-snapshot": ("fault",),
}


def answer(kind: object, inputs: object, expected: object = None) -> Answer:
    """The stage and the expected output. Raises `BadRequest` for what is no vector."""
    checked = check_inputs(kind, inputs)
    assert isinstance(kind, str)
    nothing: Dict[str, Any] = dict.fromkeys(_EMPTY.get(kind, ()))
    try:
        if kind == "ring":
            return _ring_file(checked, check_moments(expected))
        return _PROCEDURES[kind](checked)
    except Rejected as rejection:
        if kind == "token" and rejection.stage.value == "time":
            nothing["reason"] = rejection.reason.value
        return rejection.stage.value, nothing
    except FeedFault as refused:
        return "refused", {"fault": refused.fault.value}
    except (ConfigurationError, RequestError):
        return "refused", nothing
    except Unavailable:
        return "unavailable", nothing


__all__ = ["Answer", "BadRequest", "answer"]
