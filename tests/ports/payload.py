"""Reads a payload by its description: {"description", "minor", "payload"} in, the value out."""

import json
import sys

from cloakroom import read_description

request = json.load(sys.stdin)
shape = read_description(json.dumps(request["description"]))
value, read_only = shape.read(request["minor"], bytes.fromhex(request["payload"]))
print(json.dumps({"value": value, "read_only": read_only}))
