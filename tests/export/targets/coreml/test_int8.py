"""ML programs with int8 weights: what is stored, what it computes, and that a fault in what is stored is seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact, Precision, Sample
from efficientmod_export.quantisation import Rounded, round_weights
from efficientmod_export.targets import find_target
from efficientmod_export.targets.coreml._float_constants import FloatConstant
from efficientmod_export.targets.coreml._mlpackage import WEIGHTS
from efficientmod_mobile.deploy import Program, capture, run
from efficientmod_mobile.errors import InputError

from ....raising import refused
from ..conftest import Classifier, Convert, strengthen

SHAPE = (1, 3, 16, 24)


@pytest.fixture(scope="module")
def rounded() -> Rounded:
    torch.manual_seed(2)
    program = capture(strengthen(Classifier(32)), torch.zeros(SHAPE))
    return round_weights(program, [(torch.randn(SHAPE),) for _ in range(8)])


@pytest.fixture(scope="module")
def held(rounded: Rounded, made_sample: Callable[[Program], Sample]) -> Held:
    sample = made_sample(rounded.program)
    outputs = tuple(output.numpy() for output in run(rounded.program, torch.from_numpy(sample.inputs[0].tensor)))
    return Held((sample,), (outputs,))


@pytest.fixture(scope="module")
def artifact(rounded: Rounded, convert: Convert) -> Artifact:
    return convert("coreml", rounded.program, "int8-weights")


def test_every_rounded_weight_is_stored_as_int8(artifact: Artifact, rounded: Rounded, convert: Convert) -> None:
    assert artifact.int8_weights == sum(layer.weights for layer in rounded.layers)
    half = convert("coreml", rounded.program, "fp16")
    saved = _size(half.path) - _size(artifact.path)
    assert saved > 0.8 * artifact.int8_weights  # a byte for each; the steps and the alignment take a part


def _size(package: Path) -> int:
    return (package / WEIGHTS).stat().st_size


def test_weights_that_are_on_no_grid_stay_float16(classifier: Program, convert: Convert) -> None:
    assert convert("coreml", classifier, "int8-weights").int8_weights == 0


@pytest.mark.parametrize(
    ("operators", "shape", "expected"),
    [
        (("conv",), (8, 4, 1, 1), True),
        (("conv", "linear"), (8, 4, 1, 1), True),
        (("linear",), (8,), False),
        (("add",), (3, 1, 1), False),
        (("conv", "mul"), (8, 4, 1, 1), False),
    ],
)
def test_kernels_are_what_layers_alone_read(operators: tuple[str, ...], shape: tuple[int, ...], expected: bool) -> None:
    """A number for each colour lies on any grid, and is none."""
    assert FloatConstant(np.ones(shape, np.float16), frozenset(operators)).is_kernel == expected


class WithToken(nn.Module):
    """A constant joined to tokens, as a vision transformer's class token is."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 32, 4, 4), nn.Parameter(torch.randn(1, 1, 32))
        self.layer, self.head = nn.Linear(32, 32), nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = torch.cat([self.token, self.patches(x).flatten(2).transpose(1, 2)], 1)
        head: Tensor = self.head(torch.relu(self.layer(tokens)).mean(1))
        return head


@pytest.mark.parametrize("precision", ["int8-weights", "palette6"])
def test_a_constant_that_is_joined_to_others_stays_as_it_is(precision: Precision, convert: Convert) -> None:
    program = capture(strengthen(WithToken()), torch.zeros(SHAPE))
    colours = 64 if precision == "palette6" else None
    rounded = round_weights(program, [(torch.randn(SHAPE),) for _ in range(2)], colours)
    made = convert("coreml", rounded.program, precision, ios=18)
    assert made.int8_weights == sum(layer.weights for layer in rounded.layers) > 0


def test_storing_loses_only_the_rounding_of_the_steps(artifact: Artifact, held: Held) -> None:
    (check,) = prove_rounding(find_target("coreml").variant("int8"), artifact, held)
    assert check.verdict.outcome == "passed"
    assert check.verdict.worst[0].max_relative_error < 1e-3


def test_a_changed_weight_fails_the_proof(artifact: Artifact, held: Held, tmp_path: Path) -> None:
    """Where a run of int8 weights gets another sign."""
    import shutil

    package = tmp_path / artifact.path.name
    shutil.copytree(artifact.path, package)
    stored = bytearray((package / WEIGHTS).read_bytes())
    values = np.frombuffer(stored, np.int8)
    values[len(values) // 2 : len(values) // 2 + 256] *= -1
    (package / WEIGHTS).write_bytes(stored)
    (check,) = prove_rounding(find_target("coreml").variant("int8"), replace(artifact, path=package), held)
    assert check.verdict.failed


def test_an_ios_without_int8_weights_is_refused(rounded: Rounded, convert: Convert) -> None:
    with refused(InputError, "unsupported_ios", "iOS 16"):
        convert("coreml", rounded.program, "int8-weights", ios=15)
