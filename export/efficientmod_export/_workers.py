"""Work on many items at once: in processes of this machine, or on a Dask cluster. The same code runs on both."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from efficientmod_mobile.distribution import distribution_version, pip_command
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 3
"""Tasks for each worker that are handed out before the first is done: none waits, and little is lost by Ctrl-C."""
CONNECTED_WITHIN = "10s"


@dataclass(frozen=True)
class Workers:
    """`count` of them, `told` in words; what they do is submitted to `executor`."""

    executor: Executor
    count: int
    told: str

    def results(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """`work` of every item, as it is done. Raises what `work` raises, and ConversionError where workers die."""
        waiting = iter(items)
        running: set[Future[Result]] = set()
        try:
            while True:
                while len(running) < AHEAD * self.count and (item := next(waiting, None)) is not None:
                    running.add(self.executor.submit(work, item))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except Exception as error:
            if isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker":
                raise ConversionError(
                    "A worker died: its memory did not suffice, or a runtime crashed on a file; try fewer "
                    "--processes, or one --target at a time.",
                    code="worker_died",
                ) from error
            raise
        finally:
            for future in running:
                future.cancel()


@contextmanager
def workers(scheduler: str | None, count: int, files: Sequence[Path]) -> Iterator[Workers]:
    """At most `count` processes here, or all workers of the Dask cluster whose scheduler has this address.

    `files` must be there on every worker. Raises InputError for a cluster that cannot be used, DependencyError where
    Dask is missing.
    """
    if scheduler is not None:
        with _cluster(scheduler, files) as found:
            yield found
        return
    executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield Workers(executor, count, f"{count} {'process' if count == 1 else 'processes'}")
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin() -> None:
    """Ctrl-C is the parent's to handle, and what runtimes print is not for the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


@contextmanager
def _cluster(address: str, files: Sequence[Path]) -> Iterator[Workers]:
    if find_spec("distributed") is None:
        raise DependencyError(
            f"--scheduler needs distributed, which is not installed here: run {pip_command('cluster')}.",
            code="missing_package",
        )
    from distributed import Client

    connect: Any = Client  # which has no types
    try:
        client = connect(address, timeout=CONNECTED_WITHIN, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"There is no Dask scheduler at {address} ({error or type(error).__name__}); give an address such as "
            "tcp://192.168.1.2:8786, as `dask scheduler` prints it.",
            code="unreachable_scheduler",
        ) from error
    with client:
        count = _check(client, address, files)
        told = f"{count} {'worker' if count == 1 else 'workers'} of {address}"
        yield Workers(client.get_executor(pure=False), count, told)


def _check(client: Any, address: str, files: Sequence[Path]) -> int:
    """The number of workers. Raises InputError where there is none, or one lacks the package or a file."""
    try:
        found: dict[str, tuple[str, list[str]]] = client.run(_look, [str(file) for file in files])
    except Exception as error:  # what the worker raised, such as ModuleNotFoundError
        raise InputError(
            f"A worker of {address} cannot run this toolkit ({type(error).__name__}: {error}); install it there, in "
            f"the version {distribution_version()}.",
            code="unusable_cluster",
        ) from error
    if not found:
        raise InputError(
            f"The cluster {address} has no worker; start some with `dask worker`.", code="unusable_cluster"
        )
    for worker, (version, missing) in found.items():
        if missing:
            raise InputError(
                f"The worker {worker} has no {missing[0]}; every worker must see the same files, as on a shared disk.",
                code="unusable_cluster",
            )
        if version != distribution_version():
            raise InputError(
                f"The worker {worker} has version {version} of this toolkit, not {distribution_version()}; install the "
                "same everywhere.",
                code="unusable_cluster",
            )
    return len(found)


def _look(files: Sequence[str]) -> tuple[str, list[str]]:
    """On a worker: its version of this toolkit, and the files that it does not see."""
    return distribution_version(), [file for file in files if not Path(file).exists()]
