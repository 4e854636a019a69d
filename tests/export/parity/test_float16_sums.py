"""Sums in float16: term by term as a loop of NumPy's float16 adds them, in every operator that sums products."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from efficientmod_export.parity._float16_sums import Float16Sums

X = (2, 6, 13, 11)


def small_integers(*shape: int) -> Tensor:
    """Numbers whose sums of products are exact in float16."""
    return torch.randint(-2, 3, shape, generator=torch.Generator().manual_seed(len(shape))).float()


def normal(*shape: int) -> Tensor:
    """Numbers of float16."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(3)).half().float()


OPERATORS: dict[str, Callable[[Callable[..., Tensor]], Tensor]] = {
    "conv2d": lambda some: functional.conv2d(
        some(*X), some(8, 3, 3, 5), some(8), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2
    ),
    "depthwise": lambda some: functional.conv2d(some(*X), some(12, 1, 5, 3), padding=(2, 0), groups=6),
    "conv1d": lambda some: functional.conv1d(some(2, 6, 13), some(8, 6, 3), padding=1),
    "conv3d": lambda some: functional.conv3d(some(1, 4, 5, 6, 7), some(3, 4, 2, 3, 2), stride=(1, 2, 1)),
    "conv_transpose2d": lambda some: functional.conv_transpose2d(
        some(*X), some(6, 4, 3, 2), some(8), (2, 3), padding=(1, 0), output_padding=(1, 0), groups=2, dilation=(2, 1)
    ),
    "linear": lambda some: functional.linear(some(2, 7, 12), some(5, 12), some(5)),
    "matmul": lambda some: some(2, 3, 7, 12) @ some(2, 3, 12, 5),
    "einsum": lambda some: torch.einsum("nchw,ncgw->nhgc", some(*X), some(*X)),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_what_is_exact_in_float16_is_not_changed(operator: str) -> None:
    """So every attribute is respected."""
    expected = OPERATORS[operator](small_integers)
    with Float16Sums():
        found = OPERATORS[operator](small_integers)
    assert expected.abs().max() < 2048
    assert torch.equal(found, expected)


@pytest.mark.parametrize("operator", OPERATORS)
def test_what_is_not_exact_is_rounded(operator: str) -> None:
    expected = OPERATORS[operator](normal)
    with Float16Sums():
        found = OPERATORS[operator](normal)
    assert 1e-4 < (found - expected).abs().max() / (expected.max() - expected.min()) < 3e-3


def test_the_products_of_attention_are_rounded() -> None:
    query = normal(1, 2, 7, 16)
    expected = functional.scaled_dot_product_attention(query, query, query)
    with Float16Sums(), sdpa_kernel(SDPBackend.MATH):
        found = functional.scaled_dot_product_attention(query, query, query)
    assert (found - expected).abs().max() > 1e-4


def test_each_term_is_rounded_in_the_order_of_the_window() -> None:
    x, weight, bias = normal(1, 5, 4, 3), normal(2, 5, 3, 3), normal(2)
    with Float16Sums():
        found = functional.conv2d(x, weight, bias)
    a, b = x.half().numpy()[0], weight.half().numpy()
    for filter_, row in np.ndindex(2, 2):
        total = np.float16(0)
        for y, z, channel in np.ndindex(3, 3, 5):
            total = np.float16(total + np.float16(a[channel, row + y, z] * b[filter_, channel, y, z]))
        assert found[0, filter_, row, 0] == np.float32(total) + bias[filter_].numpy()


def test_a_single_row_is_left_as_it_is() -> None:
    row, weight = normal(1, 300), normal(4, 300)
    expected = functional.linear(row, weight)
    with Float16Sums():
        assert torch.equal(functional.linear(row, weight), expected)
