"""Kernels embedded in a larger geometry compute the same."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from efficientmod_mobile.deploy.analysis._kernel_geometry import Geometry, joined, placed

KERNELS = [(kernel, dilation) for kernel in range(1, 6) for dilation in range(1, 4)]
GROUPS = [(1, 1), (2, 4), (4, 2), (8, 1), (2, 2)]


def convolved(
    image: Tensor, weight: Tensor, kernel: int, dilation: int, padding: int, stride: int, groups: int
) -> tuple[Tensor, Geometry]:
    output = nn.functional.conv2d(image, weight, None, stride, padding, dilation, groups)
    sizes = [(value, value) for value in (kernel, stride, padding, dilation)]
    size_in, size_out = tuple(image.shape[2:]), tuple(output.shape[2:])
    return output, Geometry("convolution", 8, 8, groups, *sizes, size_in, size_out, output[0, 0].numel())


@settings(max_examples=100)
@given(
    a=st.sampled_from(KERNELS),
    b=st.sampled_from(KERNELS),
    padding=st.integers(0, 4),
    stride=st.integers(1, 3),
    groups=st.sampled_from(GROUPS),
)
def test_a_joint_geometry_computes_the_sum_of_both(
    a: tuple[int, int], b: tuple[int, int], padding: int, stride: int, groups: tuple[int, int]
) -> None:
    """`joined` and `placed` against PyTorch's convolution: any kernels, dilations, paddings of one output size."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 8, 14, 15, generator=generator, dtype=torch.float64)
    weights = [
        torch.randn(8, 8 // count, kernel, kernel, generator=generator, dtype=torch.float64)
        for (kernel, _), count in zip((a, b), groups, strict=True)
    ]
    one, geometry = convolved(image, weights[0], *a, padding, stride, groups[0])
    for other_padding in range(9):
        other, other_geometry = convolved(image, weights[1], *b, other_padding, stride, groups[1])
        both = joined(geometry, other_geometry) if one.shape == other.shape else "sizes differ"
        if isinstance(both, str):
            assert (*a, padding) != (*b, other_padding)
            continue
        weight = placed(weights[0], geometry, both) + placed(weights[1], other_geometry, both)
        result = nn.functional.conv2d(image, weight, None, both.stride, both.padding, both.dilation, both.groups)
        assert float((result - one - other).abs().max()) <= 1e-12 * float((one + other).abs().max())
        assert both.macs == both.positions * weight.numel()
