"""A Dask cluster of processes of this machine: a scheduler and workers, each started as a user starts it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .cli.terminal import environment

PATIENCE = 120.0
"""Seconds for processes to start on a busy machine."""


@dataclass(frozen=True)
class Cluster:
    """The scheduler's address, and the workers' processes."""

    address: str
    workers: tuple["subprocess.Popen[bytes]", ...]


class Killer(threading.Thread):
    """Kills a worker that has work, once `now` says so; `killed` is its address."""

    def __init__(self, cluster: Cluster, now: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        from distributed import Client

        self.killed: str | None = None
        self._now = now
        self._client = Client(cluster.address, set_as_default=False)
        self._client.wait_for_workers(len(cluster.workers), timeout=PATIENCE)
        self._pids = self._client.run(os.getpid)

    def run(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.killed is None:
            if self._now() and (busy := self._busy()):
                self.killed = busy[0]
                os.kill(self._pids[self.killed], signal.SIGKILL)
            time.sleep(0.01)
        self._client.close()

    def _busy(self) -> list[str]:
        return [worker for worker, tasks in self._client.processing().items() if tasks]


@contextmanager
def running(folder: Path, count: int) -> Iterator[Cluster]:
    """`count` workers of one thread, which nothing starts again."""
    file = folder / "scheduler.json"
    command = [sys.executable, "-m", "dask"]
    quiet = {"env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    own = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    scheduler = subprocess.Popen([*command, "scheduler", *own], **quiet)  # type: ignore[call-overload]
    started = [scheduler]
    try:
        until = time.monotonic() + PATIENCE
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until, "the scheduler does not start"
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder / "workers"))
        for _ in range(count):
            started.append(subprocess.Popen([*command, "worker", address, *options], **quiet))  # type: ignore[call-overload]
        yield Cluster(address, tuple(started[1:]))
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
