"""ML programs with int8 activations, and with palettes: what is stored, what it computes, and that faults are seen."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact, Precision
from efficientmod_export.mil import Package, inventory
from efficientmod_export.quantisation import Grid, Rounded, grids_in, round_weights, with_static_activations
from efficientmod_export.targets import find_target
from efficientmod_export.targets.coreml._mlpackage import WEIGHTS
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.errors import InputError

from ....raising import refused
from ..conftest import Classifier, Convert, held_to, strengthen

SHAPE = (1, 3, 16, 24)
IOS = {"int8-static": 17, "palette6": 16}
LAYERS = 5


@dataclass(frozen=True)
class Made:
    """A package, the program with rounded weights, and what it gives, and its grids of activations."""

    artifact: Artifact
    rounded: Rounded
    held: Held
    grids: frozenset[Grid]


@pytest.fixture(scope="module")
def made(convert: Convert) -> Callable[[Precision], Made]:
    torch.manual_seed(2)
    program = capture(strengthen(Classifier(32)), torch.zeros(SHAPE))
    inputs = [(torch.randn(SHAPE),) for _ in range(8)]
    rounded: dict[str, Rounded] = {
        "palette6": round_weights(program, inputs, 64),
        "int8-static": round_weights(program, inputs),
    }
    programs = {name: one.program for name, one in rounded.items()}
    programs["int8-static"] = with_static_activations(programs["int8-static"], inputs, results=False).program

    def make(precision: Precision) -> Made:
        artifact = convert("coreml", programs[precision], precision, ios=IOS[precision])
        return Made(artifact, rounded[precision], held_to(rounded[precision].program), grids_in(programs[precision]))

    return make


def _operators(artifact: Artifact) -> Counter[str]:
    return Counter(name for function in inventory(Package(artifact.path)) for name in function.operators)


def test_every_rounded_weight_is_in_a_palette(made: Callable[[Precision], Made]) -> None:
    it = made("palette6")
    assert it.artifact.int8_weights == sum(layer.weights for layer in it.rounded.layers)
    assert _operators(it.artifact)["constexpr_lut_to_dense"] == LAYERS


def test_every_rounded_layer_reads_int8(made: Callable[[Precision], Made]) -> None:
    it = made("int8-static")
    assert it.artifact.int8_weights == sum(layer.weights for layer in it.rounded.layers)
    kinds = _operators(it.artifact)
    assert kinds["quantize"] == LAYERS
    assert kinds["dequantize"] >= LAYERS


@pytest.mark.parametrize("precision", IOS)
def test_the_package_computes_what_the_program_does(precision: Precision, made: Callable[[Precision], Made]) -> None:
    it = made(precision)
    (check,) = prove_rounding(find_target("coreml").variant(precision), it.artifact, it.held, it.grids)
    assert check.verdict.outcome == "passed", check.verdict


def test_grids_of_values_that_are_never_negative(convert: Convert) -> None:
    """Behind a ReLU; coremltools writes them as uint8."""
    torch.manual_seed(2)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 1), nn.ReLU(), nn.Conv2d(16, 8, 1))
    program = capture(strengthen(network), torch.zeros(SHAPE))
    inputs = [(torch.randn(SHAPE),) for _ in range(4)]
    static = with_static_activations(round_weights(program, inputs).program, inputs, results=False)
    assert {zero for _, zero in grids_in(static.program)} == {-128}
    artifact = convert("coreml", static.program, "int8-static", ios=17)
    variant, grids = find_target("coreml").variant("int8-static"), grids_in(static.program)
    (check,) = prove_rounding(variant, artifact, held_to(static.stored), grids)
    assert check.verdict.outcome == "passed", check.verdict


@pytest.mark.parametrize("precision", ["int8-weights", "palette6"])
def test_rows_of_channels_that_training_switched_off_keep_no_layer_from_int8(
    precision: Precision, convert: Convert
) -> None:
    """Their steps are beyond float16, which has no number under 6e-8."""
    torch.manual_seed(2)
    network = strengthen(Classifier(32))
    with torch.no_grad():
        network.fc1.weight[3] *= 1e-9
        network.fc1.weight[5] *= 3e-6
        network.fc1.weight[7] = 0.0
    program = capture(network, torch.zeros(SHAPE))
    rounded = round_weights(program, [(torch.randn(SHAPE),) for _ in range(4)], 64 if precision == "palette6" else None)
    artifact = convert("coreml", rounded.program, precision, ios=18)
    assert artifact.int8_weights == sum(layer.weights for layer in rounded.layers)
    (check,) = prove_rounding(find_target("coreml").variant(precision), artifact, held_to(rounded.program))
    assert check.verdict.outcome == "passed", check.verdict


@pytest.mark.parametrize("precision", IOS)
def test_changed_weights_fail_the_proof(
    precision: Precision, made: Callable[[Precision], Made], tmp_path: Path
) -> None:
    it = made(precision)
    package = tmp_path / it.artifact.path.name
    shutil.copytree(it.artifact.path, package)
    stored = bytearray((package / WEIGHTS).read_bytes())
    middle = len(stored) // 3
    stored[middle : middle + 64] = bytes(one ^ 0x55 for one in stored[middle : middle + 64])
    (package / WEIGHTS).write_bytes(stored)
    changed = replace(it.artifact, path=package)
    (check,) = prove_rounding(find_target("coreml").variant(precision), changed, it.held, it.grids)
    assert check.verdict.failed


@pytest.mark.parametrize("precision", IOS)
def test_an_older_ios_is_refused(precision: Precision, classifier: Program, convert: Convert) -> None:
    with refused(InputError, "unsupported_ios", f"iOS {IOS[precision]}"):
        convert("coreml", classifier, precision, ios=IOS[precision] - 1)
