"""TFLite files with int8 weights: what is stored, what runs, and that a fault in what is stored is seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact, Precision
from efficientmod_export.quantisation import Rounded, in_float, rounded_layers
from efficientmod_export.targets import find_target
from efficientmod_export.targets.tflite._file import INT8 as INT8_TYPE
from efficientmod_export.targets.tflite._file import operators
from efficientmod_export.targets.tflite._gpu_limits import gpu_findings
from efficientmod_export.targets.tflite._shown_values import pack
from efficientmod_export.targets.tflite.writer import Builder, build
from efficientmod_mobile.deploy import Program

from ..conftest import Convert

INT8: tuple[Precision, ...] = ("int8-weights", "int8-dynamic")
WEIGHTS = 7
"""Of the classifier's six linear layers and convolutions of one group, without the stem; q, k and v have three."""


def _model(artifact: Artifact) -> Any:
    return schema.ModelT.InitFromPackedBuf(artifact.path.read_bytes(), 0)


def _stored(model: Any) -> list[Any]:
    """The tensors with int8 weights."""
    return [one for one in model.subgraphs[0].tensors if one.type == schema.TensorType.INT8]


@pytest.mark.parametrize("precision", INT8)
def test_every_rounded_weight_is_stored_as_int8(precision: Precision, rounded: Rounded, convert: Convert) -> None:
    artifact = convert("tflite", rounded.program, precision)
    model = _model(artifact)
    stored = _stored(model)
    assert len(stored) == WEIGHTS
    assert sum(len(model.buffers[one.buffer].data) for one in stored) == sum(one.weights for one in rounded.layers)
    assert all(len(one.quantization.scale) == one.shape[0] for one in stored)
    assert (artifact.delegates, artifact.outside) == (1, ())


@pytest.mark.parametrize("precision", INT8)
def test_weights_that_are_on_no_grid_stay_float32(precision: Precision, classifier: Program, convert: Convert) -> None:
    assert not _stored(_model(convert("tflite", classifier, precision)))


@pytest.mark.parametrize("precision", INT8)
def test_storing_loses_nothing(precision: Precision, rounded: Rounded, held: Held, convert: Convert) -> None:
    (check,) = prove_rounding(_variant(precision), convert("tflite", rounded.program, precision), held)
    assert check.gate == "graph"
    assert check.verdict.outcome == "passed"
    assert check.verdict.worst[0].max_relative_error < 1e-6


def test_dynamic_rounds_what_the_layers_read(rounded: Rounded, held: Held, convert: Convert) -> None:
    """The file itself differs from its own values in float32, by the noise of 256 steps."""
    from efficientmod_export.targets import runner_of

    variant = _variant("int8-dynamic")
    artifact = convert("tflite", rounded.program, "int8-dynamic")
    session = find_target("tflite").runtime.open(artifact, variant.configuration(variant.places[0]))
    (result,), (reference,) = runner_of(session, artifact)(held.samples[0]), held.references[0]
    assert 1e-4 < np.abs(result - reference).max() / np.ptp(reference) < 5e-2


def test_layers_in_float_are_float16_in_the_same_partition(
    classifier: Program, rounded: Rounded, held: Held, convert: Convert
) -> None:
    """As are the kernels that are not rounded; the one DEQUANTIZE that the GPU takes is of float16."""
    chosen = rounded_layers(rounded.program)[1]
    mixed = in_float(classifier, rounded, {chosen.name})
    artifact = convert("tflite", mixed.program, "int8-dynamic")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert [one.node for one in mixed.layers] == [one.node for one in rounded.layers if one.node != chosen.name]
    assert artifact.int8_weights == sum(one.weights for one in mixed.layers)
    widened = [one for one in operators(artifact.path.read_bytes()) if one.code == "DEQUANTIZE"]
    assert len(widened) == 2  # the layer and the depthwise kernel; the stem takes the normalisation
    assert {one.inputs[0].type for one in widened} == {schema.TensorType.FLOAT16}


def _wider_scale(model: Any, tensor: Any) -> None:
    tensor.quantization.scale = np.asarray(tensor.quantization.scale) * np.float32(1.01)


def _wider_row(model: Any, tensor: Any) -> None:
    scale = np.array(tensor.quantization.scale)
    scale[0] *= np.float32(1.05)
    tensor.quantization.scale = scale


def _lost_channel(model: Any, tensor: Any) -> None:
    levels = model.buffers[tensor.buffer].data.reshape(tensor.shape[0], -1)
    levels[0] = 0


def _other_sign(model: Any, tensor: Any) -> None:
    levels = model.buffers[tensor.buffer].data.view(np.int8).reshape(tensor.shape[0], -1)
    levels[0] *= -1


def _exchanged_rows(model: Any, tensor: Any) -> None:
    levels = model.buffers[tensor.buffer].data.reshape(tensor.shape[0], -1)
    levels[[0, 1]] = levels[[1, 0]]


@pytest.mark.parametrize("layer", range(WEIGHTS))
@pytest.mark.parametrize("fault", [_wider_scale, _wider_row, _lost_channel, _other_sign, _exchanged_rows])
@pytest.mark.parametrize("precision", INT8)
def test_a_fault_in_any_layer_fails_the_proof(
    precision: Precision,
    fault: Callable[[Any, Any], None],
    layer: int,
    rounded: Rounded,
    held: Held,
    convert: Convert,
    tmp_path: Path,
) -> None:
    artifact = convert("tflite", rounded.program, precision)
    model = _model(artifact)
    for buffer in model.buffers:
        buffer.data = None if buffer.data is None else np.array(buffer.data, np.uint8)
    fault(model, _stored(model)[layer])
    changed = replace(artifact, path=tmp_path / "changed.tflite")
    changed.path.write_bytes(pack(model))
    (check,) = prove_rounding(_variant(precision), changed, held)
    assert check.verdict.failed


def _variant(precision: Precision) -> Any:
    return find_target("tflite").variant(precision)


def test_the_short_name_is_that_of_the_dynamic_form() -> None:
    assert find_target("tflite").variant("int8").precision == "int8-dynamic"


@pytest.mark.parametrize("precision", ["int8-dynamic", "int8-static"])
def test_grouped_points_are_dense(precision: Precision) -> None:
    """Which a GPU computes rightly; the rows of a dense weight are on the grids of the grouped one."""
    weight = np.random.default_rng(0).integers(-127, 128, (16, 1, 1, 4)).astype(np.float32)
    weight[:, 0, 0, 0] = 127
    builder = Builder()
    given = builder.tensor("x", (1, 8, 7, 8))
    operands = [given, builder.constant(weight / 64), builder.constant(np.ones(16, np.float32))]
    options = schema.Conv2DOptionsT(strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1)
    result = builder.emit("CONV_2D", operands, (1, 8, 7, 16), options)
    data = build(builder, [("x", given)], [("y", result)], weights=precision)
    (layer,) = operators(data)
    dense = layer.inputs[1]
    assert (dense.shape, dense.type, gpu_findings(data)) == ((16, 1, 1, 8), INT8_TYPE, ())
    assert dense.data is not None
    stored = dense.data.view(np.int8).reshape(dense.shape)
    for rows, own in ((slice(0, 8), slice(0, 4)), (slice(8, 16), slice(4, 8))):
        assert np.array_equal(stored[rows, ..., own], weight[rows])
    assert np.count_nonzero(stored) == np.count_nonzero(weight)
