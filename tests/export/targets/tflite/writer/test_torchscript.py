"""What TorchScript's exporter writes: shapes computed from constants and from shapes, and none of them stated."""

import io
import warnings
from collections.abc import Callable
from typing import Any

import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from efficientmod_export.targets.tflite.writer._reader import read

Check = Callable[..., Any]
IMAGE = (1, 8, 6, 10)


class Module(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def exported(module: nn.Module, shape: tuple[int, ...], opset: int = 17) -> onnx.ModelProto:
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own end, and of shapes that become constants
        torch.onnx.export(module.eval(), (torch.zeros(shape),), data, dynamo=False, opset_version=opset)
    return onnx.load_from_string(data.getvalue())


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "pad": lambda x: functional.pad(x, (1, 2, 0, 1)) + 1,
    "mirrored pad": lambda x: functional.pad(x, (1, 2, 2, 1), mode="reflect") + 1,
    "pad to a multiple": lambda x: functional.pad(x, (0, -x.shape[3] % 4, 0, -x.shape[2] % 4)),
    "pads of what is padded": lambda x: functional.pad(functional.pad(x, (1, 1)).flatten(1, 2), (0, 3)).repeat(1, 2, 1),
    "chunk": lambda x: x.chunk(2, 1)[1] * 2,
    "unflatten": lambda x: x.unflatten(1, (2, 4)) + 1,
    "flatten": lambda x: x.flatten(0, 1) + 1,
    "repeat": lambda x: x.repeat(1, 2, 1, 1) + 1,
    "expand": lambda x: x.mean(1, keepdim=True).expand(-1, 8, -1, -1) + 1,
    "a computed factor": lambda x: functional.interpolate(x, scale_factor=1.5, recompute_scale_factor=True),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_shape_that_is_computed(check_model: Check, name: str) -> None:
    check_model(exported(Module(FUNCTIONS[name]), IMAGE))


def test_a_group_norm(check_model: Check) -> None:
    check_model(exported(nn.GroupNorm(2, 8), IMAGE, opset=13))


class Attention(nn.Module):
    """Over (length, batch, width), with joint weights that are cut."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.attention(x, x, x, need_weights=False)[0]
        return result


def test_attention_along_the_first_axis(check_model: Check) -> None:
    check_model(exported(Attention(), (6, 3, 8)))


def test_a_list_without_elements_is_folded() -> None:
    """The extents before the axes that are merged; there are none."""
    model = exported(Module(FUNCTIONS["flatten"]), IMAGE)
    assert {"Shape", "Slice", "Concat"} <= {node.op_type for node in model.graph.node}
    assert [node.operator for node in read(model).nodes] == ["Reshape", "Add"]


def test_shapes_that_are_computed_from_one_another() -> None:
    """Each of fifty from the one before."""
    module = Module(lambda x: [x := functional.pad(x, (0, 1)).flatten(0, 1).unsqueeze(0) for _ in range(50)][-1])
    graph = read(exported(module, (1, 2, 3)))
    assert graph.shape(graph.outputs[0]) == (1, 2, 53)
