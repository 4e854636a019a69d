"""Attention as products of three-dimensional tensors, for all heads at once and per head."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import (
    AttentionInProducts,
    AttentionPerHead,
    ChannelsFirst,
    LayerPerSlice,
    ProductsInBatches,
    Recipe,
    Repeat,
)

from ..conftest import Transformed

SHAPE = (1, 8, 5, 7)
IN_PRODUCTS: Recipe = (AttentionInProducts(), ProductsInBatches(), Repeat((ChannelsFirst(),)), LayerPerSlice())
PER_HEAD: Recipe = (*IN_PRODUCTS, AttentionPerHead(), Repeat((ChannelsFirst(),)))


class Attention(nn.Module):
    """Attention over positions with two heads of four channels, before and after a 1x1 convolution."""

    def __init__(self, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.attend = attend
        self.stem, self.qkv, self.proj = nn.Conv2d(8, 8, 1), nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.stem(x).permute(0, 2, 3, 1).flatten(1, 2)
        q, k, v = (part.reshape(-1, 35, 2, 4).transpose(1, 2) for part in self.qkv(rows).chunk(3, -1))
        mixed = self.attend(q, k, v).transpose(1, 2).reshape(-1, 35, 8)
        return (rows + self.proj(mixed)).transpose(1, 2).reshape(-1, 8, 5, 7)


def plain(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.transpose(-2, -1)).softmax(-1) @ v


def operator(**settings: object) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **settings)  # type: ignore[arg-type]


LAYERS = {"conv2d": 5, "bmm": 2, "softmax": 1, "add": 1}


@pytest.mark.parametrize("attend", [plain, operator(scale=1.0)], ids=["products", "operator"])
def test_queries_values_and_result_are_permuted_once(
    transformed: Transformed, attend: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> None:
    result = transformed(Attention(attend), SHAPE, IN_PRODUCTS)
    assert result.operators() == {**LAYERS, "reshape": 4, "permute": 3}
    assert result.applied()["layer_per_slice"] == 1


def test_the_operators_own_scale_is_kept(transformed: Transformed) -> None:
    assert transformed(Attention(operator()), SHAPE, IN_PRODUCTS).operators()["mul"] == 1


def test_no_tensor_has_more_than_four_axes(transformed: Transformed) -> None:
    for node in transformed(Attention(plain), SHAPE, PER_HEAD).program.graph.nodes:
        assert node.op == "output" or node.meta["val"].ndim <= 4


def test_per_head_only_the_keys_are_permuted(transformed: Transformed) -> None:
    result = transformed(Attention(plain), SHAPE, PER_HEAD)
    operators = result.operators()
    assert result.applied()["attention_per_head"] == 1
    assert (operators["bmm"], operators["softmax"], operators["permute"], operators["cat"]) == (4, 2, 2, 1)


def test_a_batch_of_pictures_has_more_heads(transformed: Transformed) -> None:
    result = transformed(Attention(plain), (3, *SHAPE[1:]), PER_HEAD)
    assert result.operators()["softmax"] == 6


IN_PRODUCTS_REFUSED: dict[str, tuple[Callable[[Tensor, Tensor, Tensor], Tensor], str, str]] = {
    "causal": (operator(is_causal=True), "attention_in_products", "it has a mask"),
    "mask": (operator(attn_mask=torch.ones(35, 35).tril().bool()), "attention_in_products", "it has a mask"),
    "shared heads": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k[:, :1], v[:, :1], enable_gqa=True),
        "attention_in_products",
        "its heads share keys",
    ),
    "broadcast batch": (
        lambda q, k, v: plain(q, k[:, :1], v[:, :1]),
        "products_in_batches",
        "its batch axes differ",
    ),
    "softmax over queries": (
        lambda q, k, v: ((q[0] @ k[0].transpose(-2, -1)).softmax(-2) @ v[0])[None],
        "attention_per_head",
        "not over the keys",
    ),
    "weights read twice": (
        lambda q, k, v: (lambda w: w @ v + w.mean())((q @ k.transpose(-2, -1)).softmax(-1)),
        "attention_per_head",
        "have other users",
    ),
    "weights as second factor": (
        lambda q, k, v: (v.transpose(-2, -1) @ (q @ k.transpose(-2, -1)).softmax(-1)).transpose(-2, -1),
        "attention_per_head",
        "not the first factor",
    ),
}


@pytest.mark.parametrize(("attend", "transform", "reason"), IN_PRODUCTS_REFUSED.values(), ids=IN_PRODUCTS_REFUSED)
def test_it_refuses(
    transformed: Transformed, attend: Callable[[Tensor, Tensor, Tensor], Tensor], transform: str, reason: str
) -> None:
    refusals = transformed(Attention(attend), SHAPE, PER_HEAD).refused(transform)
    assert any(reason in refusal for refusal in refusals)


class ProductWithItself(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(8, 12, (1, 3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer(x)
        return y @ y


def test_a_product_of_a_tensor_with_itself(transformed: Transformed) -> None:
    result = transformed(ProductWithItself(), (1, 8, 5, 7), (ProductsInBatches(),))
    assert result.operators() == {"conv2d": 1, "bmm": 1, "reshape": 3}
