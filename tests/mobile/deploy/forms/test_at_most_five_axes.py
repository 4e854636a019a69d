"""Tensors of six axes and more: what an operator on them becomes, how many axes are left, and what is refused."""

from collections.abc import Callable
from itertools import permutations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from efficientmod_mobile.deploy import AtMostFiveAxes, ChannelsFirst, Repeat, capture
from efficientmod_mobile.deploy.analysis._layout import layout_of
from efficientmod_mobile.deploy.forms.five_axes._moves import few_axes

from ..conftest import Result, Transformed

SHAPE = (2, 12, 6, 20)
SIX = (2, 3, 4, 6, 5, 4)
RECIPE = (Repeat((ChannelsFirst(),)), Repeat((AtMostFiveAxes(),)))


class Of(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.layer = nn.Linear(4, 3)
        self.norm = nn.LayerNorm((5, 4))
        self.scale = nn.Parameter(torch.ones(2, 1, 4, 1, 5, 4))
        self.table = nn.Parameter(torch.ones(7, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x * 1.5)


def most_axes(result: Result) -> int:
    tensors = [node.meta["val"] for node in result.program.graph.nodes if node.op != "output"]
    flat = [one for value in tensors for one in (value if isinstance(value, tuple | list) else [value])]
    return max(one.ndim for one in flat)


# What is written, and whether any of the operators is still there as itself.
WRITTEN: dict[str, Callable[[Of, Tensor], Tensor]] = {
    "windows and back": lambda n, x: (
        x.reshape(2, 12, 3, 2, 5, 4).permute(0, 2, 4, 3, 5, 1).reshape(30, 8, 12)
        @ x.reshape(2, 12, 3, 2, 5, 4).permute(0, 2, 4, 1, 3, 5).reshape(30, 12, 8)
    ),
    "merging windows": lambda n, x: (
        x.reshape(2, 3, 5, 2, 4, 12).permute(0, 1, 3, 2, 4, 5).reshape(2, 6, 20, 12).permute(0, 3, 1, 2)
    ),
    "six axes reversed": lambda n, x: x.reshape(SIX).permute(5, 4, 3, 2, 1, 0).reshape(5, -1),
    "seven axes reversed": lambda n, x: x.reshape(2, 3, 4, 3, 2, 5, 4).permute(6, 5, 4, 3, 2, 1, 0).reshape(5, -1),
    "reshapes that do not nest": lambda n, x: (
        x.reshape(SIX).reshape(3, 4, 2, 12, 2, 5).permute(0, 2, 4, 1, 3, 5).reshape(6, -1)
    ),
    "permuted before such a reshape": lambda n, x: (
        x.reshape(SIX).permute(0, 2, 4, 1, 3, 5).reshape(9, 2, 2, 4, 4, 5).permute(5, 4, 0, 2, 1, 3).reshape(20, -1)
    ),
    "elementwise": lambda n, x: (x.reshape(SIX).sigmoid() * n.scale + 1.0).flatten(2),
    "axes that alternate": lambda n, x: (
        x[0, :2, :3, :4].reshape(2, 1, 3, 1, 4, 1) * x[1, :3, :5, :2].reshape(1, 3, 1, 5, 1, 2)
    ).flatten(1, 3),
    "chosen": lambda n, x: (lambda y: torch.where(y > 0.1, y, y.flip(1)))(x.reshape(SIX)).flatten(2),
    "clamped by tensors": lambda n, x: (lambda y: y.clamp(min=y.amin(3, True) * 0.5))(x.reshape(SIX)).flatten(2),
    "mean of windows": lambda n, x: x.reshape(SIX).mean((3, 5)),
    "sum of adjacent axes": lambda n, x: x.reshape(SIX).sum((1, 2), keepdim=True).flatten(1, 3),
    "largest of negative axes": lambda n, x: x.reshape(SIX).amax((-1, 0, -3)),
    "deviation": lambda n, x: x.reshape(SIX).std((1, 4)),
    "norm of all": lambda n, x: torch.linalg.vector_norm(x.reshape(SIX)).reshape(1) * x,
    "softmax": lambda n, x: x.reshape(SIX).softmax(-3).flatten(2),
    "running sum": lambda n, x: x.reshape(SIX).cumsum(1).flatten(2),
    "parts": lambda n, x: torch.cat(x.reshape(SIX).chunk(2, 3)[::-1], 1).flatten(2),
    "unbound and stacked": lambda n, x: torch.stack(x.reshape(SIX).unbind(2)[::-1], -1).flatten(2),
    "slices": lambda n, x: x.reshape(SIX)[:, 1, ::2, -2:, :, 3],
    "rows of a list": lambda n, x: x.reshape(SIX).index_select(2, torch.tensor([3, 0, 0])).flatten(2),
    "largest and their places": lambda n, x: (lambda v, i: v + i)(*x.reshape(SIX).topk(2, 3)).flatten(2),
    "maximum and its place": lambda n, x: (lambda v, i: v * i)(*x.reshape(SIX).max(1)).flatten(2),
    "padded": lambda n, x: F.pad(x.reshape(SIX), (1, 2, 0, 0, 0, 1, 3, 0), value=0.5).flatten(2),
    "rolled": lambda n, x: torch.roll(x.reshape(SIX), (1, -2), (1, -2)).flatten(2),
    "flipped": lambda n, x: x.reshape(SIX).flip(0, -1).flatten(2),
    "repeated": lambda n, x: x.repeat(1, 2, 3, 1, 1, 2).flatten(2),
    "expanded": lambda n, x: x[:, :3, 0, :4].reshape(2, 1, 3, 1, 4, 1).expand(-1, 2, 3, 3, 4, 2).flatten(2),
    "linear": lambda n, x: n.layer(x.reshape(SIX)).flatten(2),
    "norm": lambda n, x: n.norm(x.reshape(SIX)).flatten(2),
    "products": lambda n, x: (x.reshape(SIX) @ x.reshape(SIX).mT).flatten(2),
    "products that broadcast": lambda n, x: (x.reshape(SIX)[:, :1] @ x.reshape(SIX)[..., :3, :].mT).flatten(2),
    "a matrix": lambda n, x: (x.reshape(SIX) @ n.layer.weight.T).flatten(2),
    "indices": lambda n, x: F.embedding(x.reshape(2, 3, 4, 6, 20).argmax(4).unsqueeze(0) % 7, n.table).flatten(2),
    "einsum": lambda n, x: torch.einsum("abcdef,abgdeh->acgdfh", x.reshape(SIX), x.reshape(SIX)).flatten(2),
}  # fmt: skip


@pytest.mark.parametrize("function", WRITTEN.values(), ids=WRITTEN)
def test_no_more_than_five_axes_are_left(transformed: Transformed, function: Callable[[Of, Tensor], Tensor]) -> None:
    """`transformed` itself holds the result against PyTorch in float64."""
    result = transformed(Of(function), SHAPE, RECIPE)
    assert result.applied()["at_most_five_axes"] > 0
    assert most_axes(result) <= 5
    assert result.refused("at_most_five_axes") == []


def test_a_window_partition_is_one_permute(transformed: Transformed) -> None:
    def partition(_: Of, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).reshape(2, 3, 2, 5, 4, 12).permute(0, 1, 3, 2, 4, 5).reshape(30, 8, 12)

    result = transformed(Of(partition), SHAPE, RECIPE)
    assert result.operators()["permute"] <= 2
    assert most_axes(result) <= 5


def test_few_axes_are_left_alone(transformed: Transformed) -> None:
    result = transformed(Of(lambda n, x: x.reshape(2, 3, 4, 6, 20).permute(0, 2, 1, 4, 3).sum(1)), SHAPE, RECIPE)
    assert "at_most_five_axes" not in result.applied()


@pytest.mark.parametrize("order", [*permutations(range(6))][7::97], ids=str)
def test_any_order_of_seven_axes(order: tuple[int, ...]) -> None:
    class Permuted(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x * 1.0).permute(0, *(axis + 1 for axis in order)).reshape(-1, 3) + 1.0

    numbers = torch.arange(3 * 720.0).reshape(3, 2, 2, 3, 4, 5, 3)
    graph = capture(Permuted().eval(), numbers).graph
    (permute,) = graph.find_nodes(op="call_function", target=torch.ops.aten.permute.default)
    moves = few_axes(layout_of(permute))
    made = numbers
    for target, argument in moves:
        made = target(made, argument)
        assert made.ndim <= 5
    assert torch.equal(made.flatten(), numbers.permute(0, *(axis + 1 for axis in order)).flatten())
    assert len(moves) <= 4  # two permutes are enough for six blocks


def test_an_operator_without_a_rule_is_refused(transformed: Transformed) -> None:
    result = transformed(Of(lambda n, x: x.reshape(SIX).kthvalue(2, 1)[0].flatten(2)), SHAPE, RECIPE)
    (reason,) = result.refused("at_most_five_axes")
    assert reason == "aten.kthvalue.default has no form of at most 5 axes"


def test_an_output_keeps_its_axes(transformed: Transformed) -> None:
    result = transformed(Of(lambda n, x: x.reshape(SIX).relu()), SHAPE, RECIPE)
    (output,) = result.program.graph.output_node().all_input_nodes
    assert isinstance(output, fx.Node)
    assert output.meta["val"].shape == SIX


def test_six_axes_may_stay(transformed: Transformed) -> None:
    def function(_: Of, x: Tensor) -> Tensor:
        six = x.reshape(SIX).softmax(3)
        return (six.unsqueeze(0) * six.unsqueeze(1)).sum(4).flatten(2)

    result = transformed(Of(function), SHAPE, (Repeat((AtMostFiveAxes(6),)),))
    assert most_axes(result) == 6
    assert result.applied()["at_most_five_axes"] >= 2
