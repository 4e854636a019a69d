"""Whole networks in the target's form: one delegate, no row of the table broken, right in both arithmetics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from efficientmod_export._stages import Precision, Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Configuration, find_target
from efficientmod_export.targets.executorch_vulkan._interpreter import VulkanInterpreter
from efficientmod_mobile import list_models, load_network
from efficientmod_mobile.deploy import Deployed, Program, capture, deploy, run

from ..conftest import options

pytestmark = pytest.mark.slow

TARGET = find_target("executorch-vulkan")
NAMES = (*list_models(), "timm/convnext_atto", "timm/mobilenetv2_100", "timm/pvt_v2_b0", "timm/repvit_m0_9")
GELUS = {"efficientmod_xxs": 27, "timm/convnext_atto": 12, "timm/mobilenetv2_100": 0}
NOISY = ("timm/mobilenetv2_100", "timm/repvit_m0_9")
"""Those that amplify rounding, with seeded weights, by more than ten times as much as the others."""
LIMITS: dict[tuple[Precision, bool], float] = {
    ("fp32", False): 2e-6, ("fp32", True): 5e-5, ("fp16", False): 5e-3, ("fp16", True): 1e-1,
}  # fmt: skip
"""By the precision, and whether the network is noisy; float32: the order of sums, and GELU within 2e-6; float16:
windows of several pixels are summed in it as well (3.0e-3 for `efficientmod_xxs`, 1.6e-3 without).
"""


@pytest.fixture(scope="module", params=NAMES)
def network(request: pytest.FixtureRequest) -> tuple[str, Program, Deployed]:
    program = capture(load_network(request.param, None).module, torch.zeros(1, 3, 96, 128))
    return request.param, program, deploy(program, TARGET.variants[0].recipe)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_it_is_interpreted_right(
    network: tuple[str, Program, Deployed],
    precision: Precision,
    tmp_path: Path,
    made_sample: Callable[[Program], Sample],
) -> None:
    name, program, deployed = network
    assert deployed.certificate.float64_error <= deployed.certificate.tolerance
    with quiet():
        artifact = TARGET.make(deployed.program, options(precision), tmp_path)
        configuration = Configuration(TARGET.name, precision, "gpu", "float16")
        session = VulkanInterpreter().open(artifact, configuration)  # raises where a row of the table is broken
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert artifact.rewrites.get("gelu_by_sigmoid", 0) == GELUS.get(name, artifact.rewrites.get("gelu_by_sigmoid", 0))
    sample = made_sample(program)
    session.bind([sample.inputs[0].tensor])
    session.invoke()
    (found,), (expected,) = session.results(), run(program, torch.from_numpy(sample.inputs[0].tensor))
    error = float(np.abs(found - expected.numpy()).max() / np.ptp(expected.numpy()))
    assert error < LIMITS[precision, name in NOISY]
    assert precision == "fp32" or error > 1e-5  # it rounds
