"""Small networks made from a function, and how far each target's file is from what PyTorch computes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from torch import nn

from efficientmod_export._subject import subject_of
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Configuration, find_target, runner_of
from efficientmod_mobile import IMAGENET, Network, Weights
from efficientmod_mobile.deploy import Original, deploy
from efficientmod_mobile.errors import EfficientModError

logging.getLogger("torch.__trace").disabled = True

TARGETS = ("coreml", "executorch", "tflite")
SIZE = (50, 66)


@dataclass(frozen=True)
class Found:
    """What became of a network in one target: the names of the outputs and their largest error, or a refusal."""

    error: float | None
    names: tuple[str, ...] = ()
    refusal: str = ""


Try = Callable[..., dict[str, Found]]


@pytest.fixture
def attempt() -> Try:
    """Make a network's file for each target in float32 and run it on two of the parity samples."""
    return _attempt


def _attempt(module: nn.Module, size: tuple[int, int] = SIZE, targets: Sequence[str] = TARGETS) -> dict[str, Found]:
    network = Network("a network", seeded(module), None, Weights("module", sha256="0" * 64), IMAGENET)
    with quiet():
        try:
            subject = subject_of(network, size)
            program = subject.capture()
            original = Original.of(program)
        except EfficientModError as error:
            return {name: Found(None, refusal=str(error)) for name in targets}
        pairs = list(zip(subject.held.samples, subject.held.references, strict=True))
        return {name: _in_target(name, subject, program, original, [pairs[1], pairs[4]]) for name in targets}


def _in_target(name, subject, program, original, pairs) -> Found:  # type: ignore[no-untyped-def]
    target = find_target(name)
    variant = target.variant("fp32")
    runtime = target.runtime if target.interpreter is None else target.interpreter.runtime
    try:
        with TemporaryDirectory() as folder:
            deployed = deploy(program, variant.recipe, original).program
            file = target.make(deployed, subject.options("fp32"), Path(folder))
            session = runtime.open(file, Configuration(name, "fp32", "cpu", "float32"))
            dtypes = [output.dtype for output in pairs[0][1]]
            runner = runner_of(session, file, dtypes)
            worst = float(np.max([_difference(runner(sample), references) for sample, references in pairs]))
    except EfficientModError as error:
        return Found(None, refusal=str(error))
    return Found(worst, tuple(spec.name for spec in file.outputs))


def _difference(results, references) -> float:  # type: ignore[no-untyped-def]
    worst = 0.0
    for result, reference in zip(results, references, strict=True):
        assert result.shape == reference.shape
        assert result.dtype == reference.dtype
        span = float(np.abs(reference.astype(np.float64)).max()) or 1.0
        error = float(np.abs(result.astype(np.float64) - reference).max()) / span
        worst = error if not error <= worst else worst  # NaN is the worst
    return worst


def seeded(module: nn.Module) -> nn.Module:
    """Real statistics of norms, and weights that do not vanish."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for part in module.modules():
            if getattr(part, "running_mean", None) is not None:
                part.running_mean.normal_(generator=generator)  # type: ignore[operator,union-attr]
                part.running_var.uniform_(0.3, 3.0, generator=generator)  # type: ignore[operator,union-attr]
    return module.eval()
