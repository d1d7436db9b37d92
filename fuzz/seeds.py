#!/usr/bin/env python3
"""Writes the fuzzers' first inputs, fuzz/corpus/TARGET/*, from the vectors."""

import hashlib
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent
VECTORS = ROOT.parent / "vectors"


def put(target, data):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


for path in sorted([*VECTORS.glob("*.json"), *VECTORS.glob("edge/*.json")]):
    if path.name == "vectors.schema.json":
        continue
    for vector in json.loads(path.read_text())["vectors"]:
        inputs, kind = vector["inputs"], vector["kind"]
        if kind == "token" and "token" in inputs:
            put("token", inputs["token"].encode())
            steps = vector["expected"].get("steps")
            if steps:
                put("plaintext", bytes.fromhex(steps["P"]))
                put("claims", bytes.fromhex(steps["P"]))
        elif kind == "key-text" and "text" in inputs:
            put("key_text", inputs["text"].encode())
        elif kind == "ring" and "text" in inputs:
            put("ring_file", inputs["text"].encode())
        elif kind == "snapshot":
            put("snapshot", bytes.fromhex(inputs["snapshot"]))
        elif kind == "edge-export":
            put("edge", bytes.fromhex(inputs["export"]))
        elif kind == "record":
            put("snapshot", bytes.fromhex(inputs["record"]))

wrapped = (VECTORS / "wrapped.txt").read_bytes()
put("wrapped", wrapped)
# The same, asking for 8 KiB once, which a fuzzer can do often.
put("wrapped", wrapped.replace(b"AABMAAAAAAIAAAAB", b"AAAACAAAAAEAAAAB"))
