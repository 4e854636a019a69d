"""What a worker does: decode pictures once, run every artifact and the reference on each, and keep what counts.

A worker is a process; it opens the bundle's artifacts when its first pictures come, with one thread each.
"""

import platform
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from efficientmod_export._input_forms import in_forms
from efficientmod_export._picture_files import PictureFile
from efficientmod_export._picture_run import artifact_runner, variant_of
from efficientmod_export._rebuild import rebuild
from efficientmod_export._reference import run_network
from efficientmod_export._stages import Outputs, Sample, SampleInput
from efficientmod_export.bundle import Preprocessing, picture_input_of
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_export.eval._choice import PYTORCH
from efficientmod_export.parity import torch_inputs
from efficientmod_mobile import Network
from efficientmod_mobile.errors import EfficientModError, InputError

BEST = 5

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Job:
    """What is run on every picture: the files of a bundle with this digest, and PyTorch where it is the reference.

    `scores` is the index of the output that has the scores. Paths are absolute, and the same on every worker.
    """

    bundle: Path
    sha256: str
    files: tuple[str, ...]
    reference: str | None
    checkpoint: str | None
    checkpoint_key: str | None
    model: str | None
    scores: int


@dataclass(frozen=True)
class Said:
    """What one contender says of one picture.

    `best` are the best classes; none where a score is not finite. `signal` and `noise` are the sums of the squares of
    the reference's scores and of the differences; `displacement` is how much higher the reference scores its own best
    class than this one's, as a fraction of its range. These three are 0 where there is no reference.
    """

    best: tuple[int, ...]
    signal: float
    noise: float
    displacement: float
    ms: float


@dataclass(frozen=True)
class Seen:
    """One picture: what each contender says, by its name; or the `problem` for which it could not be decoded."""

    picture: str
    size: int
    changed: int
    problem: str | None
    decode_ms: float
    said: dict[str, Said]


@dataclass(frozen=True)
class Part:
    """What a worker gives back: the pictures, and for each contender that cannot be run, why."""

    seen: tuple[Seen, ...]
    failed: dict[str, str]


Run = Callable[[Sample], Outputs]

turn = threading.Lock()
"""One picture at a time in a process: the sessions are not made for several threads."""


def see(job: Job, pictures: Sequence[PictureFile]) -> Part:
    """Run everything on every picture."""
    with turn:
        preprocessing = preprocessing_of(job.bundle)
        failed: dict[str, str] = {}
        seen = tuple(_see(job, picture, preprocessing, failed) for picture in pictures)
        return Part(seen, failed)


@cache
def preprocessing_of(bundle: Path) -> Preprocessing:
    """How pictures become the network's input."""
    return picture_input_of(open_bundle(bundle))[1]


def sample_of(picture: PictureFile, preprocessing: Preprocessing) -> Sample:
    """A picture as the network's input. Raises InputError for one that cannot be decoded."""
    source = picture.decode()
    pixels = preprocessing.pixels(source)
    return Sample(picture.name, "photo", (SampleInput(preprocessing.tensor(pixels), source, pixels),))


def _see(job: Job, picture: PictureFile, preprocessing: Preprocessing, failed: dict[str, str]) -> Seen:
    began = time.perf_counter()
    try:
        sample = sample_of(picture, preprocessing)
    except InputError as error:
        return Seen(picture.name, picture.size, picture.changed, str(error), 0.0, {})
    decoded = time.perf_counter()
    results: dict[str, tuple[Scores, float]] = {}
    for name, opened in _contenders(job, sample).items():
        if isinstance(opened, str):
            failed[name] = opened
            continue
        start = time.perf_counter()
        try:
            outputs = opened(sample)
        except EfficientModError as error:
            failed[name] = str(error)
            continue
        took = 1e3 * (time.perf_counter() - start)
        results[name] = np.asarray(outputs[job.scores], np.float64).ravel(), took
    reference = results[job.reference][0] if job.reference in results else None
    said = {name: _said(scores, reference, ms) for name, (scores, ms) in results.items()}
    return Seen(picture.name, picture.size, picture.changed, None, 1e3 * (decoded - began), said)


def _said(scores: Scores, reference: Scores | None, ms: float) -> Said:
    best = best_classes(scores)
    if reference is None or not best or not np.isfinite(reference).all():
        return Said(best, 0.0, 0.0, 0.0, ms)
    lost = float(reference.max() - reference[best[0]])
    spread = float(np.ptp(reference)) or 1.0
    noise = float(np.sum((scores - reference) ** 2))
    return Said(best, float(np.sum(reference**2)), noise, lost / spread, ms)


def best_classes(scores: Scores) -> tuple[int, ...]:
    """Of equal scores the lower class first; none where a score is not finite."""
    if not np.isfinite(scores).all():
        return ()
    return tuple(np.argsort(-scores, kind="stable")[:BEST].tolist())


_opened: dict[Job, dict[str, Run | str]] = {}


def _contenders(job: Job, sample: Sample) -> dict[str, Run | str]:
    """Each contender's run, or why there is none; opened once in a process."""
    if job not in _opened:
        _opened.clear()
        torch.set_num_threads(1)
        _opened[job] = _open(job, sample)
        # The first call of a runtime allocates, and compiles: it is not timed.
        for name, opened in _opened[job].items():
            if not isinstance(opened, str):
                try:
                    opened(sample)
                except EfficientModError as error:
                    _opened[job][name] = str(error)
    return _opened[job]


def _open(job: Job, sample: Sample) -> dict[str, Run | str]:
    bundle = open_bundle(job.bundle)
    if bundle.sha256 != job.sha256:
        raise InputError(
            f"{job.bundle} is another bundle on the machine {platform.node()} than here; give every worker the same.",
            code="unusable_cluster",
        )
    found: dict[str, Run | str] = {}
    for entry in bundle.manifest.artifacts:
        if entry.file in job.files:
            name = variant_of(entry).name
            try:
                found[name] = artifact_runner(bundle, entry, threads=1)
            except EfficientModError as error:
                found[name] = str(error)
    if job.reference == PYTORCH:
        found[PYTORCH] = _pytorch(job, sample)
    return found


def _pytorch(job: Job, sample: Sample) -> Run | str:
    try:
        network = rebuild(open_bundle(job.bundle), job.checkpoint, job.checkpoint_key, job.model)
        return pytorch_run(network, sample)
    except EfficientModError as error:
        return str(error)


def pytorch_run(network: Network, sample: Sample) -> Run:
    """The network in PyTorch, for pictures of the sample's size."""
    module = in_forms(network, sample).module
    return lambda one: run_network(module, torch_inputs(one))[0]


def reference_of(job: Job, sample: Sample) -> Run | None:
    """The reference's run; None where it could not be opened."""
    found = _contenders(job, sample).get(str(job.reference))
    return None if isinstance(found, str) else found
