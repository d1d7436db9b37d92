"""Commands around the test vectors. Not part of the installed package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# So that the commands and tests also run from a checkout that is not installed.
if importlib.util.find_spec("cloakroom") is None:
    sys.path.insert(0, str(ROOT / "src"))
