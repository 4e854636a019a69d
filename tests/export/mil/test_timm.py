"""The catalogue's models by way of coremltools, against PyTorch.

A network that amplifies float32's rounding (mobileone does, a hundredfold) is held to float64 instead, and to no more
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
    program = MILProgram.load(from_torch(model, x))
    (result,) = program.predict({"x0": x.numpy()}).values()
    with torch.inference_mode():
        eager = model(x).numpy()
        if error(result, eager) >= TOLERANCE:
            exact = model.double()(x.double()).numpy()
            assert error(result, exact) < TIMES_PYTORCH * error(eager, exact)
    assert all(operation.module is not None for operation in program.function.operations)
