"""Kernels that coremltools neither folds nor makes from PyTorch, against the reference's formulas."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from efficientmod_export.mil import MILProgram

Array = NDArray[Any]
RANDOM = np.random.default_rng(11)
X = RANDOM.standard_normal((2, 8, 6, 10)).astype(np.float32)
T = torch.from_numpy(X)
KERNEL = RANDOM.standard_normal((4, 8, 3, 4)).astype(np.float32)
W = torch.from_numpy(KERNEL)
INDEX = np.array([[2, 0, 5], [7, 7, 1]], np.int32)


def points(mode: str, source: int, count: int) -> Array:
    """Sampling points, by the text of the operator reference."""
    i = np.arange(count)
    if mode == "STRICT_ALIGN_CORNERS":
        grid = i * (source - 1) / (count - 1)
    elif mode == "ALIGN_CORNERS":
        grid = i * (source - 1) / (count - 1) if count > 1 else np.array([(source - 1) / 2])
    elif mode == "DEFAULT":
        grid = i * (source - source / count) / max(count - 1, 1)
    elif mode == "OFFSET_CORNERS":
        grid = 0.5 * max(1, source - 1) / count + i * max(1, source - 1) / count
    else:
        grid = i * source / count + 0.5 * source / count - 0.5
    return np.clip(grid, 0, source - 1)


def bilinear(x: Array, rows: Array, columns: Array) -> Array:
    """`x` (..., H, W) at points of the two axes, one pixel at a time."""
    out = np.zeros((*x.shape[:-2], len(rows), len(columns)))
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            top, left = int(r), int(c)
            bottom, right = min(top + 1, x.shape[-2] - 1), min(left + 1, x.shape[-1] - 1)
            above = x[..., top, left] * (1 - (c - left)) + x[..., top, right] * (c - left)
            below = x[..., bottom, left] * (1 - (c - left)) + x[..., bottom, right] * (c - left)
            out[..., i, j] = above * (1 - (r - top)) + below * (r - top)
    return out


def resized(mode: str, height: int, width: int) -> Array:
    return bilinear(X, points(mode, 6, height), points(mode, 10, width))


def normalised(x: Array, mean: Array, variance: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    flat = (slice(None), None, None)
    return (x - mean[flat]) / np.sqrt(variance[flat] + epsilon) * gamma[flat] + beta[flat]


def scattered(data: Array, at: Any, updates: Array, how: Any) -> Array:
    result = data.copy()
    how.at(result, at, updates)
    return result


C = RANDOM.uniform(0.5, 1.5, (4, 8)).astype(np.float32)
BOX = np.array([[0.5, 1.0, 4.0, 7.5], [2.0, 3.0, 5.0, 9.0]], np.float32)
MODES = ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT", "OFFSET_CORNERS", "UNALIGN_CORNERS")
THETA = np.array([[0.8, 0.1, 0.2, -0.2, 0.9, -0.1]], np.float32)
SPOTS = RANDOM.uniform(-1.5, 1.5, (2, 3, 4, 2)).astype(np.float32)


def affine() -> Array:
    grid = F.affine_grid(torch.from_numpy(THETA).reshape(1, 2, 3).expand(2, 2, 3), [2, 8, 5, 7], align_corners=True)
    return F.grid_sample(T, grid, align_corners=True).numpy()


def symmetric() -> Array:
    return F.grid_sample(T, torch.from_numpy(SPOTS), padding_mode="reflection", align_corners=False).numpy()


# name: (iOS, what builds it from `x`, what it must be)
CASES: dict[str, tuple[int, Callable[[Any, Any], Any], Array]] = {
    "conv same": (
        15,
        lambda mb, x: mb.conv(x=x, weight=KERNEL, pad_type="same", strides=[1, 3], dilations=[2, 1]),
        F.conv2d(F.pad(T, (1, 2, 2, 2))[..., :13], W, stride=(1, 3), dilation=(2, 1)).numpy(),
    ),
    "conv same_lower": (
        16,
        lambda mb, x: mb.conv(x=x, weight=KERNEL, pad_type="same_lower"),
        F.conv2d(F.pad(T, (2, 1, 1, 1)), W).numpy(),
    ),
    "conv_transpose same": (
        15,
        lambda mb, x: mb.conv_transpose(x=x, weight=KERNEL.transpose(1, 0, 2, 3), pad_type="same", strides=[2, 2]),
        F.conv_transpose2d(T, W.transpose(0, 1), stride=2)[..., :12, 1:21].numpy(),
    ),
    "max_pool same": (
        15,
        lambda mb, x: mb.max_pool(x=x, kernel_sizes=[3, 2], strides=[2, 1], pad_type="same"),
        F.max_pool2d(F.pad(T, (0, 1, 0, 1), value=-np.inf), (3, 2), (2, 1)).numpy(),
    ),
    "avg_pool same, padding excluded": (
        15,
        lambda mb, x: mb.avg_pool(
            x=x, kernel_sizes=[3, 3], strides=[2, 2], pad_type="same", exclude_padding_from_average=True
        ),
        (
            F.avg_pool2d(F.pad(T, (0, 1, 0, 1)), 3, 2) / F.avg_pool2d(F.pad(torch.ones_like(T), (0, 1, 0, 1)), 3, 2)
        ).numpy(),
    ),
    "l2_pool": (
        15,
        lambda mb, x: mb.l2_pool(x=x, kernel_sizes=[2, 3], strides=[2, 1], pad_type="valid"),
        F.lp_pool2d(T, 2.0, (2, 3), (2, 1)).numpy(),
    ),
    "batch_norm": (
        15,
        lambda mb, x: mb.batch_norm(x=x, mean=C[0], variance=C[1], gamma=C[2], beta=C[3], epsilon=0.1),
        normalised(X, C[0], C[1], C[2], C[3], 0.1),
    ),
    "instance_norm": (
        15,
        lambda mb, x: mb.instance_norm(x=x, gamma=C[2], beta=C[3], epsilon=0.1),
        F.instance_norm(T, weight=torch.from_numpy(C[2]), bias=torch.from_numpy(C[3]), eps=0.1).numpy(),
    ),
    "local_response_norm": (
        15,
        lambda mb, x: mb.local_response_norm(x=x, size=3, alpha=0.3, beta=0.6, k=1.5),
        F.local_response_norm(T, 3, 0.3, 0.6, 1.5).numpy(),
    ),
    "silu": (15, lambda mb, x: mb.silu(x=x), X / (1 + np.exp(-X))),
    **{
        f"resize_bilinear {mode} to {size}": (
            15,
            lambda mb, x, mode=mode, size=size: mb.resize_bilinear(
                x=x, target_size_height=size[0], target_size_width=size[1], sampling_mode=mode
            ),
            resized(mode, *size),
        )
        for mode in MODES
        for size in ((9, 4), (3, 13))
    },
    "resize_bilinear to one": (
        15,
        lambda mb, x: mb.resize_bilinear(
            x=x, target_size_height=1, target_size_width=1, sampling_mode="ALIGN_CORNERS"
        ),
        resized("ALIGN_CORNERS", 1, 1),
    ),
    "resize_nearest_neighbor": (
        15,
        lambda mb, x: mb.resize_nearest_neighbor(x=x, target_size_height=9, target_size_width=4),
        X[:, :, [0, 0, 1, 2, 2, 3, 4, 4, 5]][:, :, :, [0, 2, 5, 7]],
    ),
    "upsample_bilinear, corners at 0": (
        16,
        lambda mb, x: mb.upsample_bilinear(
            x=x, scale_factor_height=2.0, scale_factor_width=1.5, align_corners=False, half_pixel_centers=False
        ),
        resized("DEFAULT", 12, 15),
    ),
    "resize": (
        17,
        lambda mb, x: mb.resize(
            x=x, shape=[9, 0], resized_dims=np.uint32(2), interpolation_mode="LINEAR", sampling_mode="OFFSET_CORNERS"
        ),
        resized("OFFSET_CORNERS", 9, 10),
    ),
    "crop": (15, lambda mb, x: mb.crop(x=x, crop_height=[1, 2], crop_width=[0, 3]), X[:, :, 1:4, :7]),
    "crop_resize": (
        17,
        lambda mb, x: mb.crop_resize(
            x=x, boxes=BOX, box_indices=np.array([1, 0], np.int32), target_height=3, target_width=5,
            sampling_mode="ALIGN_CORNERS",
        ),
        np.stack([
            bilinear(X[1], np.linspace(0.5, 4.0, 3), np.linspace(1.0, 7.5, 5)),
            bilinear(X[0], np.linspace(2.0, 5.0, 3), np.linspace(3.0, 9.0, 5)),
        ]),
    ),
    "crop_resize of iOS 16": (
        16,
        lambda mb, x: mb.crop_resize(
            x=x, roi=BOX[:, [1, 0, 3, 2]].reshape(2, 1, 4, 1, 1), target_height=3, target_width=5,
            sampling_mode="STRICT_ALIGN_CORNERS", box_coordinate_mode="CORNERS_WIDTH_FIRST",
        ),
        np.stack([
            bilinear(X, np.linspace(0.5, 4.0, 3), np.linspace(1.0, 7.5, 5)),
            bilinear(X, np.linspace(2.0, 5.0, 3), np.linspace(3.0, 9.0, 5)),
        ]),
    ),
    "affine": (
        15,
        lambda mb, x: mb.affine(
            x=x, transform_matrix=THETA, output_height=5, output_width=7, sampling_mode="bilinear",
            padding_mode="constant", padding_value=0.0, coordinates_mode="normalized_minus_one_to_one",
            align_corners=True,
        ),
        affine(),
    ),
    "resample, symmetric": (
        16,
        lambda mb, x: mb.resample(
            x=x, coordinates=SPOTS, sampling_mode="bilinear", padding_mode="symmetric", padding_value=0.0,
            coordinates_mode="normalized_minus_one_to_one", align_corners=False,
        ),
        symmetric(),
    ),
    "depth_to_space": (
        15,
        lambda mb, x: mb.depth_to_space(x=x, block_size=2),
        X.reshape(2, 2, 2, 2, 6, 10).transpose(0, 3, 4, 1, 5, 2).reshape(2, 2, 12, 20),
    ),
    "space_to_depth": (
        15,
        lambda mb, x: mb.space_to_depth(x=x, block_size=2),
        np.concatenate([X[:, :, i::2, j::2] for i in range(2) for j in range(2)], 1),
    ),
    "space_to_batch": (
        15,
        lambda mb, x: mb.space_to_batch(x=x, block_shape=[2, 3], paddings=[[0, 2], [1, 1]]),
        np.concatenate([F.pad(T, (1, 1, 0, 2))[:, :, i::2, j::3] for i in range(2) for j in range(3)]),
    ),
    "batch_to_space": (
        15,
        lambda mb, x: mb.batch_to_space(x=x, block_shape=[2, 1], crops=[[1, 2], [0, 3]]),
        X.transpose(1, 2, 0, 3).reshape(1, 8, 12, 10)[:, :, 1:10, :7],
    ),
    "sliding_windows": (
        15,
        lambda mb, x: mb.sliding_windows(x=x, axis=3, size=4, stride=3),
        np.stack([X[..., i : i + 4] for i in (0, 3, 6)], 3),
    ),
    "gather_nd": (15, lambda mb, x: mb.gather_nd(x=x, indices=np.array([[1, 3], [0, 7]], np.int32)), X[[1, 0], [3, 7]]),
    "gather_nd in batches": (
        16,
        lambda mb, x: mb.gather_nd(x=x, indices=np.array([[[3, 2]], [[7, 5]]], np.int32), batch_dims=1),
        X[[0, 1], [3, 7], [2, 5]][:, None],
    ),
    "gather of negative indices": (
        16,
        lambda mb, x: mb.gather(x=x, indices=np.array([-1, 0], np.int32), axis=1),
        X[:, [-1, 0]],
    ),
    "scatter": (
        15,
        lambda mb, x: mb.scatter(data=x, indices=INDEX[0], updates=2 * X[:, :3], axis=1, mode="mul"),
        scattered(X, (slice(None), INDEX[0]), 2 * X[:, :3], np.multiply),
    ),
    "scatter_nd, repeated": (
        15,
        lambda mb, x: mb.scatter_nd(data=x, indices=np.array([[1, 3], [1, 3]], np.int32), updates=X[0, :2], mode="add"),
        scattered(X, ([1, 1], [3, 3]), X[0, :2], np.add),
    ),
    "one_hot": (
        15,
        lambda mb, x: mb.add(
            x=mb.one_hot(indices=INDEX, one_hot_vector_size=8, axis=1, on_value=2.0, off_value=-1.0),
            y=mb.reduce_sum(x=mb.mul(x=x, y=np.float32(0)), axes=[0, 1, 2, 3]),
        ),
        np.where(np.arange(8)[None, :, None] == INDEX[:, None], 2.0, -1.0),
    ),
    "concat, interleaved": (
        15,
        lambda mb, x: mb.concat(values=[x, mb.mul(x=x, y=np.float32(2))], axis=1, interleave=True),
        np.stack([X, 2 * X], 2).reshape(2, 16, 6, 10),
    ),
    "reshape_like": (
        16,
        lambda mb, x: mb.reshape_like(
            x=x, ref_tensors=[mb.reshape(x=x, shape=[2, 8, 60]), mb.reshape(x=x, shape=[16, 10, 6])], begins=[0, 1],
            ends=[2, 0], end_masks=[False, True],
        ),
        X.reshape(2, 8, 10, 6),
    ),
    "fill": (
        15,
        lambda mb, x: mb.add(x=mb.fill(shape=mb.shape(x=x), value=np.float32(1.5)), y=x),
        X + 1.5,
    ),
    "einsum": (
        15,
        lambda mb, x: mb.einsum(values=[x, mb.transpose(x=x, perm=[0, 3, 2, 1])], equation="nchw,nwhu->nchu"),
        np.einsum("nchw,nwhu->nchu", X, X.transpose(0, 3, 2, 1)),
    ),
    "quantize and dequantize": (
        17,
        lambda mb, x: mb.dequantize(
            input=mb.quantize(input=x, scale=C[0], zero_point=np.arange(8, dtype=np.int8), axis=1, output_dtype="int8"),
            scale=C[1], zero_point=np.arange(8, dtype=np.int8), axis=1,
        ),
        np.round(X / C[0][:, None, None]) * C[1][:, None, None],
    ),
}  # fmt: skip


@pytest.mark.parametrize("ios", [15, 16, 17])
def test_kernels_agree_with_their_formulas(ios: int, from_mil: Callable[..., Path]) -> None:
    cases = {name: case for name, case in CASES.items() if case[0] == ios}
    names = [f"out{i}" for i in range(len(cases))]

    def build(mb: Any, variables: dict[str, Any]) -> list[Any]:
        made = [make(mb, variables["x"]) for _, make, _ in cases.values()]
        return [mb.identity(x=variable, name=name) for name, variable in zip(names, made, strict=True)]

    results = MILProgram.load(from_mil(build, {"x": X}, ios=ios)).predict({"x": X})
    for name, (label, (_, _, expected)) in zip(names, cases.items(), strict=True):
        assert results[name].shape == expected.shape, label
        np.testing.assert_allclose(results[name], expected, rtol=1e-4, atol=2e-5, err_msg=label)
