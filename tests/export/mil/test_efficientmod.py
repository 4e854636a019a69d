"""The four EfficientMods, converted by coremltools and run here, against PyTorch."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from efficientmod_export.mil import MILProgram, Operation
from efficientmod_mobile import list_models

FLOAT32_TOLERANCE = 1e-5
FLOAT16_TOLERANCE = 1e-2
WHOLE = (1, 3, 224, 224)


def picture(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).standard_normal(shape).astype(np.float32))


def error(result: np.ndarray[Any, Any], reference: torch.Tensor) -> float:
    expected = reference.detach().numpy()
    assert result.shape == expected.shape
    assert result.dtype == np.float32
    return float(np.abs(result - expected).max() / (expected.max() - expected.min()))


def named(ct: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    return {
        "inputs": [ct.TensorType(name="image", shape=shape, dtype=np.float32)],
        "outputs": [ct.TensorType(name="logits", dtype=np.float32)],
    }


def test_the_smallest_one_computes_what_pytorch_computes(small: tuple[Path, torch.Tensor, torch.Tensor]) -> None:
    path, x, expected = small
    outputs = MILProgram.load(path).predict({"image": x.numpy()})
    assert list(outputs) == ["logits"]
    assert error(outputs["logits"], expected) < FLOAT32_TOLERANCE


def test_every_operator_names_its_module(
    small: tuple[Path, torch.Tensor, torch.Tensor], network: Callable[[str], torch.nn.Module]
) -> None:
    modules = {name for name, _ in network("efficientmod_xxs").named_modules()}
    operations = MILProgram.load(small[0]).function.operations
    assert {operation.module for operation in operations} <= modules
    by_kind = [(operation.kind, operation.module) for operation in operations]
    assert ("conv", "patch_embed.proj") in by_kind
    assert by_kind[-1][1] == "head"


def test_an_observer_sees_every_operator_in_order(small: tuple[Path, torch.Tensor, torch.Tensor]) -> None:
    path, x, _ = small
    program = MILProgram.load(path)
    seen: list[str] = []

    def observe(operation: Operation, inputs: Any, outputs: tuple[Any, ...]) -> None:
        seen.append(operation.name)
        assert set(inputs) == set(operation.inputs)
        assert tuple(outputs[0].shape) == operation.outputs[0].shape

    program.predict({"image": x.numpy()}, observer=observe)
    assert seen == [operation.name for operation in program.function.operations]


@pytest.fixture(scope="module")
def whole(
    ct: Any, from_torch: Callable[..., Path], network: Callable[[str], torch.nn.Module]
) -> Callable[[str], tuple[Path, Path]]:
    """A network's packages in float32 and float16, converted once."""

    @cache
    def convert(name: str) -> tuple[Path, Path]:
        model, x = network(name), picture(WHOLE)
        exact = from_torch(model, x, **named(ct, WHOLE))
        return exact, from_torch(model, x, precision="FLOAT16", **named(ct, WHOLE))

    return convert


@pytest.mark.slow
@pytest.mark.parametrize("name", list_models())
def test_each_agrees_with_pytorch_in_float32_and_float16(
    name: str, whole: Callable[[str], tuple[Path, Path]], network: Callable[[str], torch.nn.Module]
) -> None:
    model, x = network(name), picture(WHOLE)
    with torch.inference_mode():
        expected = model(x)
    exact, half = whole(name)
    assert error(MILProgram.load(exact).predict({"image": x.numpy()})["logits"], expected) < FLOAT32_TOLERANCE
    off = error(MILProgram.load(half).predict({"image": x.numpy()})["logits"], expected)
    assert FLOAT32_TOLERANCE < off < FLOAT16_TOLERANCE
