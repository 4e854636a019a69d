"""Grouped convolutions in float64 as matrix products, against PyTorch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture, run, to_dtype
from efficientmod_mobile.deploy.program._float64_interpreter import _grouped_convolution


@pytest.mark.parametrize("groups", [2, 6])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (2,)])
@pytest.mark.parametrize("padding", [(0, 0), (3, 1), (2,)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
def test_it_equals_pytorchs_convolution(
    groups: int, stride: list[int], padding: list[int], dilation: list[int]
) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 6, 11, 8, dtype=torch.float64)
    weight, bias = torch.randn(12, 6 // groups, 5, 3, dtype=torch.float64), torch.randn(12, dtype=torch.float64)
    expected = F.conv2d(x, weight, bias, stride, padding, dilation, groups)
    found = _grouped_convolution(x, weight, bias, stride, padding, dilation, groups)
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_an_image_without_a_batch(groups: int) -> None:
    class Unbatched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(6, 12, 3, padding=1, groups=groups)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv(x[0])
            return y[None]

    net, x = Unbatched().eval(), torch.randn(1, 6, 11, 8)
    (found,) = run(to_dtype(capture(net, x), torch.float64), x.double())
    torch.testing.assert_close(found, net.double()(x.double()), rtol=1e-13, atol=1e-13)
