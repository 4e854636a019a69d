"""Small networks made from a function, and how far each target's file is from what PyTorch computes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from efficientmod_export._network_inputs import parse_input
from efficientmod_export._stages import Outputs
from efficientmod_export._subject import Subject, subject_of
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Configuration, find_target, runner_of
from efficientmod_mobile import IMAGENET, Network, Weights
from efficientmod_mobile.deploy import Original, Program, deploy
from efficientmod_mobile.errors import EfficientModError

TARGETS = ("coreml", "executorch", "tflite")
SIZE = (50, 66)


@dataclass(frozen=True)
class Found:
    """What became of a network in one target: the names of the outputs and their largest error, or a refusal."""

    error: float | None
    names: tuple[str, ...] = ()
    refusal: str = ""


Try = Callable[..., dict[str, Found]]


def attempted(
    module: nn.Module,
    size: tuple[int, int] = SIZE,
    targets: Sequence[str] = TARGETS,
    inputs: Sequence[str] = (),
) -> dict[str, Found]:
    """A network of one picture of `size` (H, W), or of `inputs` as `--input` has them, in each target in float32: made,
    and run on two of the parity samples.
    """
    network = Network("a network", seeded(module), None, Weights("module", sha256="0" * 64), IMAGENET)
    with quiet():
        try:
            subject = subject_of(network, None if inputs else size, [parse_input(text) for text in inputs])
            program = subject.capture()
            original = Original.of(program)
        except EfficientModError as error:
            return {name: Found(None, refusal=str(error)) for name in targets}
        return {name: _in_target(name, subject, program, original) for name in targets}


def _in_target(name: str, subject: Subject, program: Program, original: Original) -> Found:
    target = find_target(name)
    variant = target.variant("fp32")
    runtime = target.runtime if target.interpreter is None else target.interpreter.runtime
    with TemporaryDirectory() as folder:
        try:
            deployed = deploy(program, variant.recipe, original).program
            file = target.make(deployed, subject.options("fp32"), Path(folder))
            session = runtime.open(file, Configuration(name, "fp32", "cpu", "float32"))
        except EfficientModError as error:
            return Found(None, refusal=str(error))
        runner = runner_of(session, file, [output.dtype for output in subject.held.references[0]])
        try:
            worst = [_difference(runner(subject.held.samples[i]), subject.held.references[i]) for i in (1, -1)]
        except RuntimeError as error:  # the runtime's own: the other targets are told as well
            return Found(None, refusal=f"the file does not run: {error}")
    return Found(float(np.max(worst)), tuple(spec.name for spec in file.outputs))


def _difference(results: Outputs, references: Outputs) -> float:
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
