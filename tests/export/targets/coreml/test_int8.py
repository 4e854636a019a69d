"""ML programs with int8 weights: what is stored, what it computes, and that a fault in what is stored is seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact, Sample
from efficientmod_export.quantisation import Rounded, round_weights
from efficientmod_export.targets import find_target
from efficientmod_export.targets.coreml._int8_weights import is_kernel
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
        (("conv", "conv"), (8, 4, 1, 1), True),
        (("linear",), (8,), False),
        (("add",), (3, 1, 1), False),
        (("conv", "mul"), (8, 4, 1, 1), False),
    ],
)
def test_kernels_are_what_layers_alone_read(operators: tuple[str, ...], shape: tuple[int, ...], expected: bool) -> None:
    """A number for each colour lies on any grid, and is none."""
    weight = SimpleNamespace(val=np.ones(shape), child_ops=[SimpleNamespace(op_type=name) for name in operators])
    assert is_kernel(weight) == expected


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
