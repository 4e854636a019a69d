"""What MIL's documentation leaves undefined is refused by the kernels, not computed as something else."""

from typing import Any

import pytest
import torch

from efficientmod_export.mil._registry import find_operator

X = torch.arange(120.0).reshape(1, 4, 5, 6)


def run(kind: str, ios: int, **inputs: Any) -> Any:
    found = find_operator(kind, ios)
    assert found is not None
    return found.kernel(**inputs)


def test_a_transposed_convolution_does_not_support_same_lower() -> None:
    with pytest.raises(ValueError, match="conv_transpose has no padding of type 'same_lower'"):
        run("conv_transpose", 16, x=X, weight=torch.ones(4, 2, 3, 3), strides=(2, 2), pad_type="same_lower")


AFFINE: dict[str, Any] = {
    "sampling_mode": "bilinear",
    "padding_mode": "constant",
    "padding_value": 0.0,
    "coordinates_mode": "normalized_minus_one_to_one",
    "align_corners": True,
}
IDENTITY = torch.tensor([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]])


def test_an_affine_map_of_the_identity_is_the_picture() -> None:
    result = run("affine", 15, x=X, transform_matrix=IDENTITY, output_height=5, output_width=6, **AFFINE)
    torch.testing.assert_close(result, X)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sampling_mode", "nearest"),
        ("padding_mode", "border"),
        ("padding_value", 1.0),
        ("coordinates_mode", "unnormalized"),
        ("coordinates_mode", "normalized_zero_to_one"),
        ("align_corners", False),
    ],
)
def test_an_affine_map_supports_one_sampling_mode(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"affine is not defined for {name} = {value!r}"):
        run("affine", 15, x=X, transform_matrix=IDENTITY, output_height=5, output_width=6, **{**AFFINE, name: value})


NEGATIVE = {
    "gather": {"indices": torch.tensor([-1, 0]), "axis": 1},
    "gather_along_axis": {"indices": torch.full((1, 2, 5, 6), -1), "axis": 1},
    "gather_nd": {"indices": torch.tensor([[0, -1], [0, 2]])},
    "scatter": {"indices": torch.tensor([-1]), "updates": X[:, :1], "axis": 1, "mode": "update"},
    "scatter_along_axis": {
        "indices": torch.full((1, 1, 5, 6), -1),
        "updates": X[:, :1],
        "axis": 1,
        "mode": "update",
    },
    "scatter_nd": {"indices": torch.tensor([[0, -1]]), "updates": X[0, :1], "mode": "update"},
}
REPLACED = torch.cat([X[:, :3], X[:, :1]], 1)
COUNTED_FROM_THE_END = {
    "gather": X[:, [3, 0]],
    "gather_along_axis": X[:, [3, 3]],
    "gather_nd": X[0, [3, 2]],
    "scatter": REPLACED,
    "scatter_along_axis": REPLACED,
    "scatter_nd": REPLACED,
}


@pytest.mark.parametrize("kind", NEGATIVE)
def test_negative_indices_are_out_of_bounds_from_ios_17_on(kind: str) -> None:
    inputs = {("data" if kind.startswith("scatter") else "x"): X, **NEGATIVE[kind]}
    for ios in (15, 16):
        torch.testing.assert_close(run(kind, ios, **inputs), COUNTED_FROM_THE_END[kind])
    for ios in (17, 18):
        with pytest.raises(IndexError, match="the index -1 is out of bounds: from iOS 17 on none may be negative"):
            run(kind, ios, **inputs, validate_indices=True)
        if kind == "gather":  # which coremltools folds so, although it calls them out of bounds
            torch.testing.assert_close(run(kind, ios, **inputs), COUNTED_FROM_THE_END[kind])
            continue
        with pytest.raises(IndexError, match="the index -1 is out of bounds: from iOS 17 on none may be negative"):
            run(kind, ios, **inputs)


@pytest.mark.parametrize("pads", [(0, 0, 6, 0), (0, 0, 0, 6), (5, 0, 0, 0)])
def test_a_mirror_is_no_wider_than_the_lines_beside_the_edge(pads: tuple[int, ...]) -> None:
    run("pad", 15, x=X, pad=(4, 4, 5, 5), mode="reflect")
    with pytest.raises(ValueError, match=r"pad cannot mirror [56] elements of an axis of [56]"):
        run("pad", 15, x=X, pad=pads, mode="reflect")


def test_a_single_line_has_no_mirror_image() -> None:
    single = X[:, :1]
    torch.testing.assert_close(run("pad", 15, x=single, pad=(0, 0, 0, 0, 0, 0), mode="reflect"), single)
    with pytest.raises(ValueError, match="pad cannot mirror 1 elements of an axis of 1"):
        run("pad", 15, x=single, pad=(0, 1, 0, 0, 0, 0), mode="reflect")


@pytest.mark.parametrize("shape", [(0, -1), (1, 0, -1, 0, 0)])
def test_a_zero_in_a_shape_needs_the_same_rank_up_to_ios_16(shape: tuple[int, ...]) -> None:
    for ios in (15, 16):
        with pytest.raises(
            ValueError, match=f"a 0 in a shape of {len(shape)} axes needs an input of as many axes, not 4"
        ):
            run("reshape", ios, x=X, shape=shape)
    assert run("reshape", 15, x=X, shape=(-1, 0, 5, 2)).shape == (3, 4, 5, 2)


def test_a_zero_in_a_shape_counts_from_the_last_axis_from_ios_17_on() -> None:
    assert run("reshape", 17, x=X, shape=(0, -1)).shape == (5, 24)
    # The example of the reference.
    assert run("reshape", 17, x=torch.ones(2, 50), shape=(1, 0, -1, 0)).shape == (1, 1, 2, 50)


@pytest.mark.parametrize("length", [1, 3, 8, 17, 255, 512])
def test_a_palette_has_one_of_five_lengths_up_to_ios_17(length: int) -> None:
    indices, shape = torch.zeros(64, dtype=torch.uint8), (4, 8)
    for ios in (16, 17):
        with pytest.raises(ValueError, match=f"a palette of {length} entries; it has 2, 4, 16, 64 or 256"):
            run("constexpr_lut_to_dense", ios, indices=indices, lut=torch.ones(length), shape=shape)
