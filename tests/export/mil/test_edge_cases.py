"""Kernels where a shorter formula would go wrong: a single pixel, sums that cancel."""

from typing import Any

import pytest
import torch

from efficientmod_export.mil._registry import find_operator


def run(kind: str, ios: int, **inputs: Any) -> Any:
    found = find_operator(kind, ios)
    assert found is not None
    return found.kernel(**inputs)


def tents(points: torch.Tensor, length: int) -> torch.Tensor:
    """(..., length) weights of the pixels at each point."""
    return (1 - (points.unsqueeze(-1) - torch.arange(length)).abs()).clamp(min=0)


def sampled(x: torch.Tensor, spots: torch.Tensor, outside: float) -> torch.Tensor:
    """`x` (N, C, H, W) at pixels `spots` (N, h, w, 2), in a plane of `outside`."""
    across, down = tents(spots[..., 0], x.shape[-1]), tents(spots[..., 1], x.shape[-2])
    inside = torch.einsum("ncyx,nhwx,nhwy->nchw", x, across, down)
    return inside + outside * (1 - across.sum(-1) * down.sum(-1)).unsqueeze(1)


@pytest.mark.parametrize("size", [(3, 1), (1, 4), (1, 1), (3, 4)])
@pytest.mark.parametrize("outside", [0.0, 1.5])
@pytest.mark.parametrize("padding", ["constant", "border"])
def test_resampling_looks_beside_a_single_pixel(size: tuple[int, int], outside: float, padding: str) -> None:
    x = torch.randn(2, 3, *size)
    spots = torch.rand(2, 5, 7, 2) * 8 - 3
    spots[0, 0, :2] = torch.tensor([[5.0, 1.0], [0.0, 0.0]])
    held = spots if padding == "constant" else spots.clamp(min=0).minimum(torch.tensor([size[1] - 1, size[0] - 1]))
    result = run(
        "resample",
        15,
        x=x,
        coordinates=spots,
        sampling_mode="bilinear",
        padding_mode=padding,
        padding_value=outside,
        coordinates_mode="unnormalized",
        align_corners=True,
    )
    torch.testing.assert_close(result, sampled(x, held, outside), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["border", "reflection", "symmetric"])
def test_a_single_pixel_repeated_is_the_same_everywhere(padding: str) -> None:
    x = torch.randn(1, 3, 1, 1)
    spots = torch.rand(1, 5, 7, 2) * 8 - 3
    for mode in ("bilinear", "nearest"):
        result = run("resample", 15, x=x, coordinates=spots, sampling_mode=mode, padding_mode=padding,
                     padding_value=0.0, coordinates_mode="unnormalized", align_corners=True)  # fmt: skip
        torch.testing.assert_close(result, x.expand(1, 3, 5, 7))


@pytest.mark.parametrize(
    ("values", "forwards", "backwards"),
    [
        ([1e-3, 6e4, 1.0], [0.0, 1e-3, 60000.001], [60001.0, 1.0, 0.0]),
        ([2.0, float("inf"), 1.0], [0.0, 2.0, float("inf")], [float("inf"), 1.0, 0.0]),
        ([7.0], [0.0], [0.0]),
    ],
)
def test_an_exclusive_sum_never_had_its_own_element(
    values: list[float], forwards: list[float], backwards: list[float]
) -> None:
    x = torch.tensor([values, values[::-1]]).unsqueeze(-1)
    for axis in (1, -2):
        for reverse, expected in ((False, [forwards, backwards[::-1]]), (True, [backwards, forwards[::-1]])):
            result = run("cumsum", 15, x=x, axis=axis, exclusive=True, reverse=reverse)
            torch.testing.assert_close(result, torch.tensor(expected).unsqueeze(-1), rtol=1e-7, atol=0)


def test_an_exclusive_sum_of_integers_stays_one() -> None:
    result = run("cumsum", 15, x=torch.tensor([[3, -1, 4]], dtype=torch.int32), axis=1, exclusive=True)
    torch.testing.assert_close(result, torch.tensor([[0, 3, 2]], dtype=torch.int32))


def test_a_scatter_into_transposed_data() -> None:
    data, at = torch.arange(12.0).reshape(4, 3), torch.tensor([[2, 0, 2, 1]])
    result = run("scatter_along_axis", 15, data=data.T, indices=at, updates=torch.ones(1, 4), axis=0, mode="add")
    torch.testing.assert_close(result, data.T.scatter_add(0, at, torch.ones(1, 4)))
