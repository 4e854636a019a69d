"""The scale of an attention is folded into the layer that computes the queries or the keys."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._attention_scale import AttentionScaleIntoQuery
from efficientmod_mobile.deploy.program._graph import arguments

from ..conftest import Result, Transformed

SHAPE = (1, 6, 5, 7)
RECIPE = (AttentionScaleIntoQuery(),)


class Attention(nn.Module):
    """Attention over positions with two heads of width 4, in several spellings."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.qkv = nn.Linear(6, 24, bias=False)
        self.q, self.kv = nn.Linear(6, 8), nn.Linear(6, 16)
        self.norm = nn.LayerNorm(4)
        self.bias = nn.Parameter(torch.empty(2, 35, 35))

    def heads(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.qkv(x).reshape(1, 35, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)

    def weights(self, q: Tensor, k: Tensor) -> Tensor:
        match self.kind:
            case "after the product":
                scores = (q @ k.transpose(-2, -1)) * 0.5
            case "divided":
                scores = (q @ k.transpose(-2, -1)) / 2
            case "with a bias":
                scores = (q @ k.transpose(-2, -1)) * 0.5 + self.bias
            case "three dimensions":
                scores = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).mT).mul(0.5).unflatten(0, (1, 2))
            case "reshaped between":
                scores = (q.flatten(0, 1) @ k.flatten(0, 1).mT).reshape(1, 2, 35, 35) * 0.5
            case "through the keys":
                scores = (torch.tanh(q) @ k.transpose(-2, -1)) * 0.5
            case "normalised":
                scores = (self.norm(q) @ self.norm(k).transpose(-2, -1)) * 0.5
            case "read twice":
                product = q @ k.transpose(-2, -1)
                scores = product * 0.5 + torch.tanh(product)
            case _:
                scores = (q @ q) * 0.5 if self.kind == "square" else q @ k.transpose(-2, -1)
        return scores.softmax(-1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.heads(x.flatten(2).transpose(1, 2))
        return (self.weights(q, k) @ v).transpose(1, 2).flatten(2)


def row_factors(result: Result) -> list[float]:
    before = result.before.graph_module.get_parameter("qkv.weight").double()
    after = result.program.graph_module.get_parameter("qkv.weight")
    return [round(float(value), 9) for value in (after / before)[:, 0]]


@pytest.mark.parametrize(
    "kind", ["after the product", "divided", "with a bias", "three dimensions", "reshaped between"]
)
def test_a_scaled_product_scales_the_queries(kind: str, transformed: Transformed) -> None:
    result = transformed(Attention(kind), SHAPE, RECIPE)
    assert result.applied() == {"attention_scale_into_query": 1}
    assert result.program.node_count == result.before.node_count - 1
    assert not {"mul", "div"} & set(result.operators())
    assert row_factors(result) == [0.5] * 8 + [1.0] * 16


def test_the_scale_is_folded_into_the_keys_if_not_into_the_queries(transformed: Transformed) -> None:
    result = transformed(Attention("through the keys"), SHAPE, RECIPE)
    assert result.applied() == {"attention_scale_into_query": 1}
    assert row_factors(result) == [1.0] * 8 + [0.5] * 8 + [1.0] * 8


class Operator(nn.Module):
    """PyTorch's attention operator, queries and keys of their own layers."""

    def __init__(self, scale: float | None) -> None:
        super().__init__()
        self.q, self.kv, self.scale = nn.Linear(6, 8), nn.Linear(6, 16), scale

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(2).transpose(1, 2)
        q = self.q(rows).reshape(1, 35, 2, 4).transpose(1, 2)
        k, v = (part.reshape(1, 35, 2, 4).transpose(1, 2) for part in self.kv(rows).chunk(2, -1))
        return nn.functional.scaled_dot_product_attention(q, k, v, scale=self.scale)


@pytest.mark.parametrize(("scale", "factor"), [(None, 0.5), (0.3, 0.3)])
def test_the_operators_scale_becomes_one(scale: float | None, factor: float, transformed: Transformed) -> None:
    result = transformed(Operator(scale), SHAPE, RECIPE)
    assert result.applied() == {"attention_scale_into_query": 1}
    operator = next(node for node in result.program.graph.nodes if "attention" in str(node.target))
    assert arguments(operator)["scale"] == 1.0
    before = result.before.graph_module.get_parameter("q.weight").double()
    after = result.program.graph_module.get_parameter("q.weight")
    assert torch.allclose(after, factor * before, rtol=1e-12)


def test_a_scale_of_one_is_left_alone(transformed: Transformed) -> None:
    result = transformed(Operator(1.0), SHAPE, RECIPE)
    assert result.applied() == {}
    assert result.refused("attention_scale_into_query") == []


class Square(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 35)

    def forward(self, x: Tensor) -> Tensor:
        y = self.linear(x.flatten(2).transpose(1, 2))
        return (y @ y) * 0.5


NORMED = "it follows layer_norm (layer_norm), which is not a linear layer; "
NORMED += "it follows layer_norm (layer_norm_1), which is not a linear layer"
REFUSED = {
    "normalised": (Attention("normalised"), NORMED),
    "read twice": (Attention("read twice"), "the unscaled matmul has other users"),
    "square": (Square(), "matmul multiplies a tensor with itself"),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
def test_reasons_to_refuse(build: nn.Module, reason: str, transformed: Transformed) -> None:
    result = transformed(build, SHAPE, RECIPE)
    assert result.applied() == {}
    assert result.refused("attention_scale_into_query") == [reason]
