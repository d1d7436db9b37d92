"""Run with `python3 -m unittest` in the folder of pyproject.toml."""

import tools  # noqa: F401  (makes a checkout importable)
