"""Operators in forms that XNNPACK supports: each equal in float64, none left in an unsupported form."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import Recipe, Repeat, XnnpackForms

from ...conftest import Transformed

Function = Callable[[Tensor], Tensor]
SHAPE = (1, 6, 12, 8)
LARGE = (1, 6, 41, 27)
FORMS: Recipe = (Repeat((XnnpackForms(),)),)


class Net(nn.Module):
    """The function between two operations that have no other form."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.function(torch.sin(x)))


# what is written -> the operators that it becomes
CUTS: list[tuple[Function, dict[str, int]]] = [
    (lambda x: torch.cat(x.split(2, 1)[::-1], 1), {"slice": 3, "cat": 1}),
    (lambda x: x.chunk(2, 3)[1], {"slice": 1}),
    (lambda x: x.unbind(1)[2], {"slice": 1, "reshape": 1}),
    (lambda x: x[:, :, 3], {"slice": 1, "reshape": 1}),
    (lambda x: x[:, :, 1::3, ::2], {"slice": 1, "avg_pool2d": 2}),
    (lambda x: x * x[:, :1].expand(-1, 6, -1, -1), {"slice": 1, "mul": 1}),
    (lambda x: x[:, :, :, :1].expand_as(x) - x, {"slice": 1, "sub": 1}),
    (lambda x: x.repeat(1, 3, 2, 1), {"slice": 4, "cat": 2}),
    (lambda x: torch.roll(x, (3, -2), (2, 3)), {"slice": 4, "cat": 2}),
    (lambda x: torch.roll(x, 12, 2), {}),
    (lambda x: F.pad(x, (1, 2, 0, 3), mode="reflect"), {"slice": 6, "cat": 2}),
    (lambda x: F.pad(x, (2, 0, 1, 1), mode="replicate"), {"slice": 4, "cat": 2}),
]
POOLS: list[tuple[Function, dict[str, int]]] = [
    (lambda x: F.avg_pool2d(x, 2), {"avg_pool2d": 1}),
    (lambda x: F.avg_pool2d(x, 3, 2, 1), {"constant_pad_nd": 1, "avg_pool2d": 1}),
    (lambda x: F.avg_pool2d(x, 4, ceil_mode=True), {"avg_pool2d": 1}),
    (lambda x: F.adaptive_avg_pool2d(x, (3, 4)), {"avg_pool2d": 1}),
    (lambda x: F.adaptive_avg_pool2d(x, 1), {"mean": 1}),
    (lambda x: F.adaptive_max_pool2d(x, 1), {"max_pool2d": 1}),
    (lambda x: x.amax((2, 3)), {"max_pool2d": 1, "reshape": 1}),
    (lambda x: F.interpolate(x, scale_factor=(3, 2)), {"permute": 2, "slice": 4, "cat": 2, "reshape": 3}),
    (lambda x: F.interpolate(x, scale_factor=(1, 2)), {"permute": 2, "slice": 2, "cat": 1, "reshape": 3}),
]
SUMS: list[tuple[Function, dict[str, int]]] = [
    (lambda x: x.mean((2, 3)), {"mean": 1, "reshape": 1}),
    (lambda x: x.mean((1, 2)), {"permute": 1, "mean": 1, "reshape": 1}),
    (lambda x: x.mean(1, keepdim=True), {"conv2d": 1}),
    (lambda x: x.mean(-1), {"linear": 1, "reshape": 1}),
    (lambda x: x.sum((2, 3), keepdim=True), {"mean": 1, "mul": 1}),
    (lambda x: x.sum(1), {"conv2d": 1, "reshape": 1}),
    (lambda x: F.normalize(x, dim=1), {"mul": 1, "conv2d": 1, "sqrt": 1, "clamp_min": 1, "div": 1}),
    (lambda x: x.var((2, 3), keepdim=True), {"mean": 2, "sub": 1, "mul": 2}),
    (lambda x: x.var(1, keepdim=True), {"conv2d": 2, "sub": 1, "mul": 2}),
    (lambda x: x.flatten(2).var(-1), {"flatten": 1, "linear": 2, "sub": 1, "mul": 2, "reshape": 1}),
    (lambda x: x.std((2, 3), correction=0), {"mean": 2, "sub": 1, "mul": 2, "sqrt": 1, "reshape": 1}),
    (nn.InstanceNorm2d(6, affine=True), {"mean": 2, "sub": 1, "mul": 3, "add": 2, "rsqrt": 1}),
    (
        nn.GroupNorm(2, 6),
        {"mean": 2, "conv2d": 2, "sub": 1, "mul": 3, "add": 2, "rsqrt": 1},
    ),
    (lambda x: x.softmax(1), {"permute": 2, "reshape": 2, "softmax": 1}),
    (lambda x: x.softmax(-1), {"reshape": 2, "softmax": 1}),
    (lambda x: x.flatten(2).softmax(1), {"flatten": 1, "permute": 2, "reshape": 2, "softmax": 1}),
]
FUNCTIONS: list[tuple[Function, dict[str, int]]] = [
    (F.hardsigmoid, {"add": 1, "clamp": 1, "mul": 1}),
    (lambda x: F.gelu(4 * x, approximate="tanh"), {"mul": 5, "add": 1, "sigmoid": 1}),
    (lambda x: F.mish(9.0 * x), {"abs": 1, "neg": 1, "exp": 1, "log": 1, "add": 2, "relu": 1, "tanh": 1, "mul": 2}),
    (lambda x: F.elu(x, 0.7), {"clamp": 1, "exp": 1, "sub": 1, "relu": 1, "mul": 3, "add": 1}),
    (F.selu, {"clamp": 1, "exp": 1, "sub": 1, "relu": 1, "mul": 3, "add": 1}),
    (lambda x: F.celu(x, 0.7), {"clamp": 1, "exp": 1, "sub": 1, "relu": 1, "mul": 3, "add": 1}),
    (lambda x: F.glu(x, 1), {"slice": 2, "sigmoid": 1, "mul": 1}),
    (lambda x: x.clamp(min=0.1), {"hardtanh": 1}),
    (lambda x: x.clamp(0.1, 0.4), {"hardtanh": 1}),
    (lambda x: 1 - x / 2, {"rsub": 1, "div": 1}),
]


@pytest.mark.parametrize(("function", "operators"), [*CUTS, *POOLS, *SUMS, *FUNCTIONS])
def test_it_is_rewritten(function: Function, operators: dict[str, int], transformed: Transformed) -> None:
    result = transformed(Net(function), SHAPE, FORMS)
    assert result.operators() == {"sin": 1, "tanh": 1 + operators.get("tanh", 0), **_others(operators)}
    assert not any(isinstance(argument, int) for node in _sums(result.program.graph) for argument in node.args)


def _others(operators: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in operators.items() if name != "tanh"}


def _sums(graph: torch.fx.Graph) -> list[torch.fx.Node]:
    aten = torch.ops.aten
    return [node for node in graph.nodes if node.target in (aten.add.Tensor, aten.rsub.Scalar, aten.div.Tensor)]


@pytest.mark.parametrize("divisor", [4, -3])
def test_the_remainder_of_integers(divisor: int, transformed: Transformed) -> None:
    """Of a tensor with values of both signs; ExecuTorch's own has the dividend's sign."""
    result = transformed(Net(lambda x: x * torch.remainder((20 * x).int(), divisor)), SHAPE, FORMS)
    operators = result.operators()
    assert (operators["fmod"], "remainder" in operators) == (2, False)


@pytest.mark.parametrize("mean", [lambda x: x.mean((-1, -2), keepdim=True), lambda x: F.adaptive_avg_pool2d(x, 1)])
def test_a_large_image_is_averaged_by_columns(mean: Function, transformed: Transformed) -> None:
    operators = transformed(Net(mean), LARGE, FORMS).operators()
    assert operators == {"sin": 1, "avg_pool2d": 1, "mean": 1, "tanh": 1}


STAYS: list[Function] = [
    lambda x: x.mean((2, 3), keepdim=True),
    lambda x: F.adaptive_avg_pool2d(x, 5),
    lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    lambda x: F.avg_pool2d(x, 5, ceil_mode=True),
    lambda x: F.avg_pool2d(x, 2, divisor_override=3),
    lambda x: F.interpolate(x, size=(20, 20)),
    lambda x: x[:, ::2],
    lambda x: x * torch.where(x > 0, 1, 0)[:, :, ::2].sum((2, 3), keepdim=True),
    lambda x: x * (x > 0).int().amax((2, 3), keepdim=True),
    lambda x: x[:, :, :1].expand(-1, -1, 5, -1),
    lambda x: F.pad(x, (4, 0, 0, 0), mode="reflect"),
    lambda x: F.pad(x, (1, 1)),
    lambda x: x.sum((1, 2)),
    lambda x: x.amax(1, keepdim=True),
    lambda x: x.norm(1, dim=1),
    lambda x: x.var((1, 2)),
    lambda x: x.flatten(2).softmax(-1),
    F.gelu,
    lambda x: x.clamp(-0.1, 0.1),
    lambda x: x * (4.0 * x).int().clamp(min=1),
    lambda x: 1.0 - x,
]


@pytest.mark.parametrize("function", STAYS)
def test_it_is_kept(function: Function, transformed: Transformed) -> None:
    applied = transformed(Net(function), SHAPE, FORMS).applied()
    assert not applied
