"""The layers of a file for Vulkan, as the interpreter computes them."""

from collections.abc import Callable
from typing import Literal

import pytest
import torch

from efficientmod_export._stages import Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import LayerReport, first_drift
from efficientmod_export.targets import find_target
from efficientmod_export.targets._program import copy
from efficientmod_export.targets.executorch_vulkan import _prober
from efficientmod_mobile.deploy import Program, deploy
from efficientmod_mobile.errors import ParityError

from ....raising import refused
from ..conftest import Convert

TARGET = find_target("executorch-vulkan")
LIMITS = {"fp32": 1e-5, "fp16": 5e-2}  # in float16, rounding moves the values of the attention by 1.4e-2
FAULT = 1.05


def scaled(program: Program, weight: torch.Size) -> Program:
    """The same with its one weight of this shape scaled."""
    changed = copy(program)
    (name,) = (name for name, value in changed.graph_module.named_parameters() if value.shape == weight)
    path, _, last = name.rpartition(".")
    module = changed.graph_module.get_submodule(path)
    setattr(module, last, torch.nn.Parameter(getattr(module, last) * FAULT, requires_grad=False))
    return changed


@pytest.fixture(scope="module")
def deployed(classifier: Program) -> Program:
    return deploy(classifier, TARGET.variants[0].recipe).program


def look(program: Program, convert: Convert, precision: Literal["fp32", "fp16"], sample: Sample) -> LayerReport:
    with quiet():
        prober = _prober.VulkanProber(program, convert(TARGET.name, program, precision))
        return first_drift(program, prober, sample, LIMITS[precision])


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_sound_file_has_no_drift(
    precision: Literal["fp32", "fp16"],
    deployed: Program,
    convert: Convert,
    made_sample: Callable[[Program], Sample],
) -> None:
    report = look(deployed, convert, precision, made_sample(deployed))
    assert report.drift is None
    assert report.probed >= 10


@pytest.mark.slow
def test_a_fault_of_the_lowering_is_found_at_its_layer(
    deployed: Program,
    convert: Convert,
    made_sample: Callable[[Program], Sample],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lower = _prober.lower_for_vulkan
    depthwise = torch.Size((8, 1, 3, 3))
    sound, faulty = deployed, scaled(deployed, depthwise)
    file = convert(TARGET.name, faulty)
    monkeypatch.setattr(_prober, "lower_for_vulkan", lambda program, kind: lower(scaled(program, depthwise), kind))
    with quiet():
        report = first_drift(sound, _prober.VulkanProber(sound, file), made_sample(sound), LIMITS["fp32"])
    assert report.drift is not None
    assert report.drift.module == "depthwise"
    assert report.drift.error > LIMITS["fp32"] > (report.before.error if report.before else 0)


@pytest.mark.slow
def test_a_file_of_other_weights_is_said_to_be_another(deployed: Program, convert: Convert) -> None:
    file = convert(TARGET.name, scaled(deployed, torch.Size((8, 1, 3, 3))))
    with refused(ParityError, "artifact_of_other_program"), quiet():
        _prober.VulkanProber(deployed, file)
