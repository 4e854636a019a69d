"""Pieces of work in processes of their own, as many at once as there are processors.

A piece that crashes or eats the memory costs its own results only. The processes are forks, so that a piece starts with
what its parent holds, and only results are copied. Apple's frameworks do not work in a fork; on a Mac the pieces run
here, one after the other.
"""

import gc
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import torch

from efficientmod_export.foreign._failures import interruptible

Result = TypeVar("Result")
Report = Callable[[str], None]
Work = Callable[[Report, Callable[[Result], None]], None]
"""Takes a function for the name of each stage as it begins, and one for each result as soon as it is there."""

FORKS = sys.platform == "linux"
PATIENCE = 5.0
"""Seconds that a process gets to clean up."""


@dataclass
class Ended(Generic[Result]):
    """The results of a piece in their order, and in a few words how its process crashed; None where it did not."""

    results: list[Result] = field(default_factory=list)
    crash: str | None = None


def run_apart(pieces: Mapping[str, Work[Result]], report: Report) -> dict[str, Ended[Result]]:
    """Do every piece, and return what each gave. `report` is called here, with what the pieces report.

    An exception of a piece ends the others and is raised here, as KeyboardInterrupt is.
    """
    ended: dict[str, Ended[Result]] = {name: Ended() for name in pieces}
    if not FORKS:
        for name, work in pieces.items():
            work(report, ended[name].results.append)
        return ended
    with interruptible() as raise_again:
        _run(deque(pieces.items()), ended, report, raise_again)
    return ended


def _run(
    waiting: deque[tuple[str, Work[Result]]],
    ended: Mapping[str, Ended[Result]],
    report: Report,
    raise_again: Callable[[], None],
) -> None:
    """Start the waiting pieces as processors are free, and take what they send, until all have ended."""
    running: dict[Connection, tuple[str, BaseProcess]] = {}
    try:
        while waiting or running:
            raise_again()
            while waiting and len(running) < len(os.sched_getaffinity(0)):
                name, work = waiting.popleft()
                receiving, process = _start(work)
                running[receiving] = name, process
            for receiving in [one for one in connection.wait(list(running), timeout=1) if isinstance(one, Connection)]:
                name, process = running[receiving]
                if not _take(receiving, ended[name], report):
                    del running[receiving]
                    receiving.close()
                    process.join()
                    ended[name].crash = _crash(process.exitcode or 0)
    finally:
        for receiving, (_, process) in running.items():
            receiving.close()
            _stop(process)


def _start(work: Work[Any]) -> tuple[Connection, BaseProcess]:
    context = get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, sending), daemon=False)
    process.start()
    sending.close()
    return receiving, process


def _do(work: Work[Any], sending: Connection) -> None:
    """The body of a process: send stages, results, and the exception that ended the work."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the parent's does not work here
    # The threads of OpenMP do not exist in a fork, which would wait for them for ever.
    torch.set_num_threads(1)
    gc.freeze()  # what the parent holds is not searched for garbage, which would copy its pages; converters ask often
    try:
        work(lambda stage: sending.send(("stage", stage)), lambda result: sending.send(("result", result)))
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(1)  # the parent was interrupted as well, or is gone
    except Exception as error:
        sending.send(("error", _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note; its text alone where it cannot be pickled."""
    told = "".join(traceback.format_exception(error)).rstrip()
    error.add_note(told)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(told)
    return error


def _take(receiving: Connection, ended: Ended[Any], report: Report) -> bool:
    """Receive one message of a process; False at its end."""
    try:
        kind, value = receiving.recv()
    except EOFError:
        return False
    if kind == "error":
        raise value
    if kind == "stage":
        report(value)
    else:
        ended.results.append(value)
    return True


def _crash(code: int) -> str | None:
    if code == -signal.SIGKILL:
        return "it was killed by SIGKILL, as systems do when memory runs out"
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it left with exit code {code}" if code else None


def _stop(process: BaseProcess) -> None:
    """Interrupt a process as Ctrl-C does, so that it removes its temporary files; end it where that does not help."""
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGINT)
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
