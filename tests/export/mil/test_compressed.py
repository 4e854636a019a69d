"""Compressed models as coremltools.optimize writes them, against coremltools' own decompression."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from efficientmod_export.mil import MILProgram, interpreted_predictions, list_weights

SHAPE = (1, 8, 9, 12)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 32, 3)
        self.point = nn.Conv2d(32, 64, 1)
        self.head = nn.Linear(64, 48)
        generator = torch.Generator().manual_seed(6)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.point(torch.relu(self.conv(x)))).mean((2, 3)))


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(7))


@pytest.fixture(scope="module")
def originals(ct: Any, from_torch: Callable[..., Path], picture: torch.Tensor) -> Callable[[int, str], Any]:
    made: dict[tuple[int, str], Any] = {}

    def model(ios: int, precision: str) -> Any:
        if (ios, precision) not in made:
            path = from_torch(Network(), picture, ios=ios, precision=precision)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made[ios, precision] = ct.models.MLModel(str(path), skip_model_load=True)
        return made[ios, precision]

    return model


def palettized(cto: Any, model: Any, **how: Any) -> Any:
    config = cto.OptimizationConfig(global_config=cto.OpPalettizerConfig(weight_threshold=64, **how))
    return cto.palettize_weights(model, config)


def quantized(cto: Any, model: Any, **how: Any) -> Any:
    config = cto.OptimizationConfig(global_config=cto.OpLinearQuantizerConfig(weight_threshold=64, **how))
    return cto.linear_quantize_weights(model, config)


def pruned(cto: Any, model: Any, **how: Any) -> Any:
    config = cto.OptimizationConfig(global_config=cto.OpMagnitudePrunerConfig(weight_threshold=64, **how))
    return cto.prune_weights(model, config)


# name: (iOS, operators that must be there, how it is compressed)
FORMATS: dict[str, tuple[int, set[str], Callable[[Any, Any], Any]]] = {
    **{
        f"{bits}-bit palette": (
            16,
            {"constexpr_lut_to_dense"},
            lambda cto, model, bits=bits: palettized(cto, model, mode="uniform", nbits=bits),
        )
        for bits in (8, 6, 4, 2, 1)
    },
    "8-bit linear": (
        16,
        {"constexpr_affine_dequantize"},
        lambda cto, model: quantized(cto, model, mode="linear_symmetric"),
    ),
    "8-bit linear with zero points": (
        17,
        {"constexpr_affine_dequantize"},
        lambda cto, model: quantized(cto, model, mode="linear", dtype="uint8"),
    ),
    "sparse": (16, {"constexpr_sparse_to_dense"}, lambda cto, model: pruned(cto, model, target_sparsity=0.6)),
    "4-bit blockwise": (
        18,
        {"constexpr_blockwise_shift_scale"},
        lambda cto, model: quantized(
            cto, model, mode="linear_symmetric", dtype="int4", granularity="per_block", block_size=4
        ),
    ),
    "4-bit blockwise with offsets": (
        18,
        {"constexpr_blockwise_shift_scale"},
        lambda cto, model: quantized(cto, model, mode="linear", dtype="uint4", granularity="per_block", block_size=8),
    ),
    "8-bit per tensor": (
        18,
        {"constexpr_blockwise_shift_scale"},
        lambda cto, model: quantized(cto, model, mode="linear", dtype="int8", granularity="per_tensor"),
    ),
    "3-bit grouped palette": (
        18,
        {"constexpr_lut_to_dense"},
        lambda cto, model: palettized(
            cto, model, mode="uniform", nbits=3, granularity="per_grouped_channel", group_size=8
        ),
    ),
    "palette of vectors": (
        18,
        {"constexpr_lut_to_dense"},
        lambda cto, model: palettized(cto, model, mode="kmeans", nbits=4, cluster_dim=2),
    ),
    "palette with scales": (
        18,
        {"constexpr_lut_to_dense", "constexpr_blockwise_shift_scale"},
        lambda cto, model: palettized(cto, model, mode="uniform", nbits=4, enable_per_channel_scale=True),
    ),
    "sparse in iOS 18": (18, {"constexpr_sparse_to_dense"}, lambda cto, model: pruned(cto, model, target_sparsity=0.6)),
    "sparse, then a palette": (
        18,
        {"constexpr_lut_to_sparse", "constexpr_sparse_to_dense"},
        lambda cto, model: cto.palettize_weights(
            pruned(cto, model, target_sparsity=0.6),
            cto.OptimizationConfig(global_config=cto.OpPalettizerConfig(weight_threshold=64, mode="uniform", nbits=4)),
            joint_compression=True,
        ),
    ),
    "sparse, then 8-bit": (
        18,
        {"constexpr_sparse_blockwise_shift_scale", "constexpr_sparse_to_dense"},
        lambda cto, model: cto.linear_quantize_weights(
            pruned(cto, model, target_sparsity=0.6),
            cto.OptimizationConfig(
                global_config=cto.OpLinearQuantizerConfig(weight_threshold=64, mode="linear_symmetric")
            ),
            joint_compression=True,
        ),
    ),
    "palette of 8-bit entries": (
        18,
        {"constexpr_lut_to_dense", "constexpr_blockwise_shift_scale"},
        lambda cto, model: cto.linear_quantize_weights(
            palettized(cto, model, mode="uniform", nbits=4),
            cto.OptimizationConfig(
                global_config=cto.OpLinearQuantizerConfig(
                    weight_threshold=4, mode="linear_symmetric", granularity="per_tensor"
                )
            ),
            joint_compression=True,
        ),
    ),
}


def predicted(path: Path, picture: torch.Tensor) -> np.ndarray[Any, Any]:
    (result,) = MILProgram.load(path).predict({"x0": picture.numpy()}).values()
    return np.asarray(result)


def kinds_saved(path: Path) -> set[str]:
    return {operation.kind for operation in MILProgram.load(path).function.operations}


@pytest.mark.parametrize("precision", ["FLOAT32", "FLOAT16"])
@pytest.mark.parametrize("name", FORMATS)
def test_weights_are_those_of_coremltools_decompression(
    name: str,
    precision: str,
    ct: Any,
    originals: Callable[[int, str], Any],
    save: Callable[[Any], Path],
    picture: torch.Tensor,
) -> None:
    ios, kinds, compress = FORMATS[name]
    cto = ct.optimize.coreml
    original = originals(ios, precision)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compressed = compress(cto, original)
        decompressed = cto.decompress_weights(compressed)
    here, there = save(compressed), save(decompressed)
    assert kinds <= kinds_saved(here)
    assert not {kind for kind in kinds_saved(there) if kind.startswith("constexpr_")}
    result = predicted(here, picture)
    np.testing.assert_array_equal(result, predicted(there, picture))
    assert (result != predicted(save(original), picture)).any()


def test_a_weight_that_was_skipped_without_a_word_is_seen(
    ct: Any, originals: Callable[[int, str], Any], save: Callable[[Any], Path]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compressed = quantized(
            ct.optimize.coreml,
            originals(18, "FLOAT16"),
            mode="linear_symmetric",
            dtype="int4",
            granularity="per_block",
            block_size=16,
        )
    weights = list_weights(MILProgram.load(save(compressed)).function, least_elements=128)
    assert [(weight.shape, weight.compression) for weight in weights] == [
        ((32, 8, 3, 3), ()),  # 8 input channels hold no block of 16
        ((64, 32, 1, 1), ("constexpr_blockwise_shift_scale",)),
        ((48, 64), ("constexpr_blockwise_shift_scale",)),
    ]


def test_every_step_of_a_joint_compression_is_listed(
    ct: Any, originals: Callable[[int, str], Any], save: Callable[[Any], Path]
) -> None:
    ios, _, compress = FORMATS["sparse, then a palette"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = save(compress(ct.optimize.coreml, originals(ios, "FLOAT16")))
    weights = list_weights(MILProgram.load(path).function, least_elements=128)
    assert {weight.compression for weight in weights} == {("constexpr_lut_to_sparse", "constexpr_sparse_to_dense")}


@pytest.mark.parametrize(
    ("ios", "kind"), [(17, "constexpr_affine_dequantize"), (18, "constexpr_blockwise_shift_scale")]
)
def test_activations_are_calibrated_and_quantised_without_a_mac(
    ios: int,
    kind: str,
    ct: Any,
    originals: Callable[[int, str], Any],
    save: Callable[[Any], Path],
    picture: torch.Tensor,
) -> None:
    cto = ct.optimize.coreml
    config = cto.OptimizationConfig(
        global_config=cto.experimental.OpActivationLinearQuantizerConfig(mode="linear_symmetric")
    )
    original = originals(ios, "FLOAT16")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with interpreted_predictions():
            a8 = cto.experimental.linear_quantize_activations(original, config, [{"x0": picture.numpy()}])
        w8a8 = quantized(cto, a8, mode="linear_symmetric")
        decompressed = save(cto.decompress_weights(w8a8))
    path = save(w8a8)
    assert {"quantize", "dequantize", kind} <= kinds_saved(path)
    exact, result = predicted(save(original), picture), predicted(path, picture)
    np.testing.assert_array_equal(result, predicted(decompressed, picture))
    off = np.abs(result - exact).max() / np.abs(exact).max()
    assert 1e-4 < off < 0.05


def test_predictions_go_back_to_coremltools_afterwards(ct: Any) -> None:
    before = ct.models.MLModel.predict

    def fail() -> None:
        with interpreted_predictions():
            assert ct.models.MLModel.predict is not before
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ct.models.MLModel.predict is before


def test_a_model_predicts_one_or_several_dictionaries(
    originals: Callable[[int, str], Any], picture: torch.Tensor
) -> None:
    inputs = {"x0": picture.numpy()}
    with interpreted_predictions():
        one = originals(16, "FLOAT32").predict(inputs)
        several = originals(16, "FLOAT32").predict([inputs, inputs])
    assert len(several) == 2
    for name, value in one.items():
        np.testing.assert_array_equal(several[1][name], value)
