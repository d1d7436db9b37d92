"""The JSON Schema of the vector files, and a check for the part of JSON Schema which it uses."""

import re

from reference.payload import SHAPES

from .flags import FLAGS

MAX_INT = 2**53 - 1


def obj(required, **optional):
    """An object with exactly these members."""
    schema = {"type": "object", "additionalProperties": False, "required": list(required),
              "properties": {**required, **optional}}
    return schema


def integer(low=0, high=MAX_INT):
    """An integer in a range."""
    return {"type": "integer", "minimum": low, "maximum": high}


def nullable(schema):
    """The schema or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items):
    """An array of any length."""
    return {"type": "array", "items": items}


def hexadecimal(length=None):
    """Lower-case hexadecimal of a number of bytes, or of any."""
    count = "*" if length is None else "{" + str(length) + "}"
    return {"type": "string", "pattern": f"^([0-9a-f]{{2}}){count}$"}


def one_of_members(common, *groups):
    """An object with the common members and those of exactly one group, in this order."""
    return {"oneOf": [obj({**common, **group}) for group in groups]}


HEX, TEXT, BOOL = hexadecimal(), {"type": "string"}, {"type": "boolean"}
U32, TIME = integer(0, 2**32 - 1), integer()
DECIMAL = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$"}
STATE = {"enum": ["disabled", "announced", "retired", "sealing", "open-only"]}
EMPTY = obj({})
KEYS = array(obj({"text": TEXT, "state": STATE}))
POLICY = obj({"idle": U32, "absolute": integer(1, 2**32 - 1), "leeway": integer(0, 300),
              "tolerance": integer(0, 300)})
READER = obj({"shape": {"enum": list(SHAPES)}, "major": U32, "minor": U32})
CONTEXT = {"purpose": HEX, "audience": HEX, "binding": HEX}
OPTIONAL_CONTEXT = {"purpose": nullable(HEX), "audience": nullable(HEX)}
CLAIMS = obj({
    "session_id": hexadecimal(16), "generation": U32, "subject": HEX, "authenticated_at": TIME,
    "issued_at": TIME, "idle": U32, "absolute": integer(1, 2**32 - 1), "major": U32, "minor": U32})
STEPS = obj({
    "kid": hexadecimal(4), "ctx": HEX, "S": hexadecimal(32), "Ke": hexadecimal(32),
    "Kn": hexadecimal(32), "AAD": HEX, "P": HEX, "N": hexadecimal(24), "subkey": hexadecimal(32),
    "C": HEX, "T": hexadecimal(16), "log_id": hexadecimal(8)})
VERIFY = {**CONTEXT, "policy": POLICY, "now": TIME, "reader": READER, "revocations": array(HEX)}
KEY_GROUPS = ({"keys": KEYS}, {"ring": TEXT})
PAYLOAD = {"payload": HEX, "major": U32, "minor": U32}
SHARE = {"type": "array", "items": U32, "minItems": 2, "maxItems": 2}
BY_KID = {"type": "object", "propertyNames": hexadecimal(4)}


def token_groups(*extra, verify=VERIFY):
    """Inputs of Verify: keys or ring, token or token_hex."""
    tokens = ({"token": TEXT}, {"token_hex": HEX})
    common = {**verify, **{name: schema for group in extra for name, schema in group.items()}}
    return one_of_members(common, *({**k, **t} for k in KEY_GROUPS for t in tokens))


RESEAL_STAGES = ("refused", "time", "unavailable")
TOKEN_STAGES = ("text", "key", "tag", "nonce", "claims", "schema", "time", "revoked")
ACCEPTED = obj({"reason": {"type": "null"}, "claims": CLAIMS, "payload": HEX, "value": {},
                "read_only": BOOL, "steps": STEPS})
REJECTED = obj({"reason": {"enum": ["not-yet", "expired", "idle", None]}})
ISSUE = obj({"key": TEXT, **CONTEXT, "policy": POLICY, "now": TIME, "session_id": hexadecimal(16),
             "subject": HEX, **PAYLOAD, "revocations": array(HEX)})
AGES = {"now": TIME, "leeway": integer(0, 300), "authenticated_at": TIME, "issued_at": TIME}
RING_OK = obj({"states": array(obj({"now": TIME, "states": {**BY_KID, "additionalProperties": STATE}})),
               "retirements": {**BY_KID, "additionalProperties": nullable(TIME)}})
RECORD_OK = obj({"kind": integer(1, 4), "key": hexadecimal(16), "value": DECIMAL, "expires": DECIMAL,
                 "exempt": nullable(hexadecimal(16))})
EDGE_HEAD = {"position": hexadecimal(32), "made_at": TIME, "valid_until": TIME, "high_water": TIME, "life": U32,
             "salt": hexadecimal(16)}
EDGE_FAULTS = ["format", "unknown-key", "forged", "other-realm", "malformed", "older", "ahead", "expired"]
TEXTS = ({"text": TEXT}, {"text_hex": HEX})

# For each kind: inputs, expected at stage ok, and expected by other stage.
KINDS = {
    "token": (token_groups(), ACCEPTED, {stage: REJECTED for stage in TOKEN_STAGES}),
    "issue": (ISSUE, obj({"token": TEXT, "claims": CLAIMS}),
              {"refused": obj({"token": {"type": "null"}, "claims": {"type": "null"}})}),
    "renew": (token_groups({"share": SHARE}), obj({"token": TEXT}),
              {"none": obj({"token": {"type": "null"}})}),
    "update": (token_groups({"new": obj(PAYLOAD)}), obj({"token": TEXT}),
               {stage: obj({"token": {"type": "null"}}) for stage in RESEAL_STAGES}),
    "rotate": (token_groups({"new": nullable(obj(PAYLOAD)), "entry_life": TIME}),
               obj({"token": TEXT, "record": hexadecimal(33)}),
               {stage: obj({"token": {"type": "null"}, "record": {"type": "null"}}) for stage in RESEAL_STAGES}),
    "logout": (token_groups({"entry_life": TIME}, verify={n: s for n, s in VERIFY.items() if n != "reader"}),
               obj({"record": hexadecimal(33)}), {"refused": obj({"record": {"type": "null"}})}),
    "cutoff": (obj({"key": TEXT, "purpose": HEX, "audience": HEX, "policy": POLICY, "now": TIME, "revocations": array(HEX),
                    "subject": nullable(HEX), "before": nullable(TIME)}),
               obj({"cutoff": TIME}), {"refused": obj({"cutoff": {"type": "null"}})}),
    "key-text": (one_of_members(OPTIONAL_CONTEXT, *TEXTS),
                 obj({"form": {"enum": ["root", "unit"]}, "kid": hexadecimal(4), "secret": hexadecimal(32)}),
                 {"refused": obj({name: {"type": "null"} for name in ("form", "kid", "secret")})}),
    "ring": (one_of_members({"now": TIME, **OPTIONAL_CONTEXT, "ttl": nullable(integer(1, 2**32 - 1))}, *TEXTS),
             RING_OK, {"refused": EMPTY}),
    "ring-replace": (obj({"old": TEXT, "new": TEXT, "now": TIME, "forced": BOOL}), EMPTY, {"refused": EMPTY}),
    "record": (obj({"record": HEX}), RECORD_OK, {"refused": EMPTY}),
    "merge": (obj({"records": array(HEX)}), obj({"records": array(HEX)}), {}),
    "snapshot": (obj({"snapshot": HEX}), obj({"made_at": TIME, "high_water": TIME, "records": array(HEX)}),
                 {"refused": EMPTY}),
    "feed-key": (obj({"text": TEXT}), obj({"fid": hexadecimal(4), "secret": hexadecimal(32), "mac_key": hexadecimal(32)}),
                 {"refused": EMPTY}),
    "feed-batch": (obj({"keys": array(TEXT), "realm": TEXT, "onto": hexadecimal(32), "batch": HEX}),
                   obj({"time": TIME, "records": array(HEX), "becomes": hexadecimal(32)}),
                   {"refused": obj({"fault": {"enum": ["version", "unknown-key", "forged", "out-of-place", "malformed"]}})}),
    "feed-snapshot": (obj({"keys": array(TEXT), "realm": TEXT, "snapshot": HEX}),
                      obj({"position": hexadecimal(32), "life": integer(0, 2**32 - 1), "snapshot": HEX}),
                      {"refused": obj({"fault": {"enum": ["format", "unknown-key", "forged", "malformed"]}})}),
    "wrapped": (obj({"wrapped": TEXT, "password": HEX, "s": hexadecimal(32)}), obj({"text": TEXT}),
                {"refused": obj({"text": {"type": "null"}})}),
    "edge-key": (obj({"edge_key": TEXT}), obj({"eid": hexadecimal(4), "key": hexadecimal(32)}), {"refused": EMPTY}),
    "edge-signer": (obj({"feed_key": TEXT}), obj({"seed": hexadecimal(32), "text": TEXT}), {}),
    "edge-make": (obj({"feed_key": TEXT, "realm": TEXT, **EDGE_HEAD, "records": array(HEX),
                       "sessions": array(hexadecimal(16))}), obj({"export": HEX}), {}),
    "edge-export": (obj({"keys": array(TEXT), "realm": TEXT, "seen": nullable(obj({
        "position": hexadecimal(32), "made_at": TIME})), "now": TIME, "skew": TIME, "export": HEX,
        "sessions": array(hexadecimal(16))}),
                    obj({**EDGE_HEAD, "records": array(HEX), "age": TIME, "hits": array(BOOL)}),
                    {"refused": obj({"fault": {"enum": EDGE_FAULTS}})}),
    "digest": (obj({"kind": integer(2, 4), "data": HEX}), obj({"key": hexadecimal(16)}), {}),
    "age": (one_of_members(AGES, {"max_age": TIME}, {"require_fresh": TIME}), EMPTY, {"failed": EMPTY}),
    "description": (one_of_members({"minor": U32, "payload": HEX}, {"description": TEXT}, {"description_hex": HEX}),
                    obj({"value": {}, "read_only": BOOL}), {"refused": EMPTY, "schema": EMPTY}),
}


def reference(name):
    """A reference to a definition."""
    return {"$ref": "#/$defs/" + name}


def definitions():
    """What is used more than once."""
    flags = {**array({"enum": list(FLAGS)}), "minItems": 1, "uniqueItems": True}
    shared = {"flags": flags, "hex": HEX, "keys": KEYS, "policy": POLICY, "reader": READER, "claims": CLAIMS,
              "steps": STEPS}
    return shared | {"inputs-" + kind: inputs for kind, (inputs, _, _) in KINDS.items()}


def shortened(schema, inside=None):
    """The schema with every use of a definition replaced by a reference."""
    for name, definition in definitions().items():
        if name != inside and schema == definition:
            return reference(name)
    if isinstance(schema, dict):
        return {name: shortened(inner) for name, inner in schema.items()}
    return [shortened(inner) for inner in schema] if isinstance(schema, list) else schema


def vector_schemas():
    """One schema for each kind and set of stages with one form of expected."""
    flags = definitions()["flags"]
    for kind, (inputs, accepted, others) in KINDS.items():
        forms = [(["ok"], accepted)]
        if others:
            forms.append((list(others), next(iter(others.values()))))
        for stages, expected in forms:
            yield obj({
                "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "comment": {"type": "string", "minLength": 1}, "flags": flags,
                "kind": {"const": kind}, "stage": {"enum": stages}, "inputs": inputs,
                "expected": expected})


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "cloakroom test vectors",
    **shortened(obj({
        "format": {"const": "cloakroom-vectors"}, "version": {"const": 1},
        "spec": {"const": "1.0"}, "count": integer(1),
        "vectors": {**array({"oneOf": list(vector_schemas())}), "minItems": 1}})),
    "$defs": {name: shortened(schema, name) for name, schema in definitions().items()},
}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def violations(schema, value, path="$"):
    """Where a value breaks a schema; knows the keywords used above and no others."""
    if "$ref" in schema:
        return violations(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, path)
    out = []
    for keyword, argument in schema.items():
        if keyword not in ("$schema", "$defs", "title", "properties", "additionalProperties"):
            out += CHECKS[keyword](argument, value, path)
    if isinstance(value, dict):
        for name, member in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            if inner is False:
                out.append(f"{path}.{name}: unknown member")
            else:
                out += violations(inner, member, f"{path}.{name}")
    return out


def fails(holds, path, what):
    """A list with one message, or an empty one."""
    return [] if holds else [f"{path}: {what}"]


def check_type(argument, value, path):
    """The keyword type; a bool is not an integer."""
    good = isinstance(value, TYPES[argument]) and (argument == "boolean" or not isinstance(value, bool))
    return fails(good, path, f"not of type {argument}")


def check_some(argument, value, path, enough):
    """The keywords anyOf and oneOf."""
    results = [violations(inner, value, path) for inner in argument]
    if enough(sum(not result for result in results)):
        return []
    return min(results, key=len) or [f"{path}: more than one alternative fits"]


def equal(left, right):
    """Equality in which true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


CHECKS = {
    "type": check_type,
    "required": lambda a, v, p: fails(not isinstance(v, dict) or all(n in v for n in a), p, "missing member"),
    "const": lambda a, v, p: fails(equal(a, v), p, f"not {a!r}"),
    "enum": lambda a, v, p: fails(any(equal(x, v) for x in a), p, "not one of the allowed values"),
    "pattern": lambda a, v, p: fails(not isinstance(v, str) or re.search(a, v), p, "pattern"),
    "minLength": lambda a, v, p: fails(not isinstance(v, str) or len(v) >= a, p, "too short"),
    "minimum": lambda a, v, p: fails(not isinstance(v, int) or v >= a, p, "too small"),
    "maximum": lambda a, v, p: fails(not isinstance(v, int) or v <= a, p, "too great"),
    "minItems": lambda a, v, p: fails(not isinstance(v, list) or len(v) >= a, p, "too few"),
    "maxItems": lambda a, v, p: fails(not isinstance(v, list) or len(v) <= a, p, "too many"),
    "uniqueItems": lambda a, v, p: fails(not isinstance(v, list) or len({str(x) for x in v}) == len(v), p, "repeated"),
    "items": lambda a, v, p: [x for i, item in enumerate(v) for x in violations(a, item, f"{p}[{i}]")]
    if isinstance(v, list) else [],
    "propertyNames": lambda a, v, p: [x for name in v for x in violations(a, name, f"{p}.{name}")]
    if isinstance(v, dict) else [],
    "anyOf": lambda a, v, p: check_some(a, v, p, lambda n: n >= 1),
    "oneOf": lambda a, v, p: check_some(a, v, p, lambda n: n == 1),
}
