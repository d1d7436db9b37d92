"""Engines for the tests: one in memory, and a Redis server of their own."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Dict, List, Optional, Tuple

from cloakroom.feed import EngineError, Position


class MemoryEngine:
    """An engine that can fail, forget, and be tampered with."""

    def __init__(self) -> None:
        self.head: Optional[Position] = None
        self.batches: Dict[int, bytes] = {}
        self.kept: Optional[Tuple[Position, bytes]] = None
        self.fails = False
        self.loses_answer = False
        self._lock = threading.Lock()

    def _request(self) -> None:
        if self.fails:
            raise EngineError("the engine is away")

    def read(self, after: int, limit: int) -> Tuple[Optional[Position], List[bytes]]:
        self._request()
        with self._lock:
            numbers = sorted(n for n in self.batches if n > after)[:limit]
            return self.head, [self.batches[n] for n in numbers]

    def append(self, onto: Position, batch: bytes, becomes: Position) -> bool:
        self._request()
        with self._lock:
            if self.head != onto:
                return False
            self.batches[becomes.n] = batch
            self.head = becomes
        if self.loses_answer:
            self.loses_answer = False
            raise EngineError("the answer was lost")
        return True

    def found(self, old: Optional[Position], first: Position) -> bool:
        self._request()
        with self._lock:
            if self.head != old:
                return False
            self.head, self.batches, self.kept = first, {}, None
            return True

    def put(self, at: Position, snapshot: bytes, drop: int) -> bool:
        self._request()
        with self._lock:
            if self.head is None or self.head.epoch != at.epoch or self.head.n < at.n:
                return False
            if self.head.n == at.n and self.head != at:
                return False
            if self.kept and self.kept[0].epoch == at.epoch and self.kept[0].n >= at.n:
                return False
            self.kept = at, snapshot
            self.batches = {n: batch for n, batch in self.batches.items() if n > drop}
            return True

    def snapshot(self) -> Optional[bytes]:
        self._request()
        return self.kept[1] if self.kept else None

    def wait(self, after: int, seconds: float) -> None:
        self._request()
        until = time.monotonic() + seconds
        while time.monotonic() < until and (self.head is None or self.head.n <= after):
            time.sleep(0.005)


def free_port() -> int:
    # Below those of outgoing connections: one of these could take the port of a server that was
    # killed before it starts again.
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class RedisServer:
    """A Redis server without persistence, on a free port."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="cloakroom-redis-")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError("redis-server did not start") from None
                time.sleep(0.05)

    def kill(self) -> None:
        """As kill -9 does; nothing is saved."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def require_redis() -> None:
    """Skips, and says so, where there is no server; under CI=true that is a failure."""
    missing = []
    if shutil.which("redis-server") is None:
        missing.append("redis-server")
    try:
        import redis  # noqa: F401
    except ImportError:
        missing.append("the package redis")
    if missing:
        message = f"{' and '.join(missing)} not found: the feed over Redis is NOT tested"
        if os.environ.get("CI") == "true":
            raise RuntimeError(message)
        print(f"SKIPPED: {message}", file=sys.stderr)
        raise unittest.SkipTest(message)
