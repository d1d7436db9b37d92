"""The sample of the README runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest

from tools import ROOT


class Readme(unittest.TestCase):
    def test_sample(self) -> None:
        text = (ROOT / "README.md").read_text("utf-8")
        samples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(samples), 1)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", samples[0]],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            text=True,
        )
        self.assertEqual((done.stderr, done.stdout), ("", "Ada b'user-42'\n"))
        self.assertEqual(done.returncode, 0)


class Files(unittest.TestCase):
    def test_no_file_grows_beyond_400_lines(self) -> None:
        files = [
            path
            for folder in ("src", "tools", "tests", "bench", "examples")
            for path in (ROOT / folder).rglob("*.py")
        ]
        self.assertGreater(len(files), 20)
        for path in files:
            self.assertLessEqual(len(path.read_text("utf-8").splitlines()), 400, path.name)


if __name__ == "__main__":
    unittest.main()
