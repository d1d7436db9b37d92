"""The vector files: where they are, and their one form."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from . import ROOT
from .answers import answer

_MEMBERS = {"format", "version", "spec", "count", "vectors"}
_VECTOR_MEMBERS = {"id", "comment", "flags", "kind", "stage", "inputs", "expected"}


class VectorFileError(Exception):
    """A vector file that no runner may skip over."""


def vector_folder() -> Path:
    given = os.environ.get("CLOAKROOM_VECTORS")
    return Path(given) if given else ROOT.parent.parent / "vectors"


def vector_files(folder: Path) -> Iterator[Tuple[Path, Dict[str, Any]]]:
    """Every vector file with its content. Anything unexpected is an error."""
    paths = sorted(p for p in folder.glob("*.json") if p.name != "vectors.schema.json")
    if not paths:
        raise VectorFileError(f"no vector files in {folder}; set CLOAKROOM_VECTORS")
    seen = set()
    for path in paths:
        content = json.loads(path.read_text("utf-8"))
        if not isinstance(content, dict) or content.keys() != _MEMBERS:
            raise VectorFileError(f"{path.name}: unknown or missing members")
        if content["format"] != "cloakroom-vectors" or content["version"] != 1:
            raise VectorFileError(f"{path.name}: unknown format or version")
        if not content["vectors"] or content["count"] != len(content["vectors"]):
            raise VectorFileError(f"{path.name}: wrong count")
        for vector in content["vectors"]:
            if vector.keys() != _VECTOR_MEMBERS:
                raise VectorFileError(f"{path.name}: a vector has unknown or missing members")
            if vector["id"] in seen:
                raise VectorFileError(f"{path.name}: {vector['id']} occurs twice")
            seen.add(vector["id"])
        yield path, content


def regenerated(content: Dict[str, Any]) -> bytes:
    """The file with every stage and every expected output computed anew."""
    vectors = []
    for vector in content["vectors"]:
        stage, expected = answer(vector["kind"], vector["inputs"], vector["expected"])
        vectors.append({**vector, "stage": stage, "expected": expected})
    return (json.dumps({**content, "vectors": vectors}, indent=1) + "\n").encode("ascii")
