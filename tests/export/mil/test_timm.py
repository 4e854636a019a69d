"""The catalogue's models by way of coremltools, against PyTorch.

coremltools folds BatchNorms in float32, and a network that amplifies rounding (mobileone does, a hundredfold) shows it.
Such a one is converted with its norms folded in float64, by this project's transforms, and held to float64: to no more
than a few times the error of PyTorch's own float32.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from efficientmod_export.mil import MILProgram
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import capture, deploy

TOLERANCE = 1e-5
TIMES_PYTORCH = 4.0
MODELS = [
    "repvit_m0_9", "repvit_m1_1", "mobilenetv2_100", "fasternet_t0", "mobilevit_xxs", "mobilevitv2_050",
    "efficientformerv2_s0", "poolformer_s12", "pvt_v2_b0", "focalnet_tiny_srf", "mobileone_s0", "fastvit_t8",
    "starnet_s1", "mobilenetv3_small_100", "efficientnet_lite0", "convnext_atto", "resnet18", "regnety_002",
    "ghostnet_100", "mobilenetv4_conv_small", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224",
    "edgenext_xx_small",
]  # fmt: skip


def error(result: NDArray[Any], reference: NDArray[Any]) -> float:
    return float(np.abs(result - reference).max() / (reference.max() - reference.min()))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_each_agrees_with_pytorch(name: str, from_torch: Callable[..., Path]) -> None:
    network = load_network(f"timm/{name}", None, seed=0)
    model = network.module
    x = torch.from_numpy(
        np.random.default_rng(1).standard_normal((1, 3, *network.preprocessing.input_size)).astype(np.float32)
    )

    def interpreted(module: torch.nn.Module) -> NDArray[Any]:
        program = MILProgram.load(from_torch(module, x))
        assert all(operation.module is not None for operation in program.function.operations)
        (result,) = program.predict({"x0": x.numpy()}).values()
        return result

    eager = model(x).detach().numpy()
    if error(interpreted(model), eager) >= TOLERANCE:
        folded = interpreted(deploy(capture(model, x)).program.graph_module)
        exact = model.double()(x.double()).detach().numpy()
        assert error(folded, exact) < TIMES_PYTORCH * error(eager, exact)
