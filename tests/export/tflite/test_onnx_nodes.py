"""ONNX's own backend tests of single operators, for every operator that the writer claims.

Their input x, and a second operand where it may be computed, stay inputs; everything else becomes constant.
"""

import re
import warnings
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter
from onnx import numpy_helper

from efficientmod_export.tflite import to_tflite
from efficientmod_export.tflite._reader import OPSETS
from efficientmod_export.tflite.lowering import LOWERINGS
from efficientmod_mobile.errors import ConversionError

REWRITTEN = {
    "BatchNormalization", "Constant", "Dropout", "Flatten", "Gemm", "GroupNormalization",
    "InstanceNormalization", "ReduceL2", "Split", "Squeeze", "Unsqueeze",
}  # fmt: skip
WEIGHTED = {
    "BatchNormalization", "Clip", "Conv", "ConvTranspose", "GroupNormalization", "InstanceNormalization",
    "LayerNormalization", "PRelu", "Pad", "Resize",
}  # fmt: skip

SKIPPED = {
    r"layer_normalization|batchnorm_.*training|training_dropout|dropout_.*mask": "an output that only training reads",
    r"pool.*dilations|3d|argmax|uint8|ceil_last_window": "over three axes, dilated, of integers, or with indices",
    r"averagepool_2d_ceil$": "the last window is clipped by ONNX, and not by its reference",
    r"resize_.*(exclude_outside|antialias|tf_crop|not_larger|not_smaller|align_corners|prefer_ceil|ceil_half)": "none",
    r"resize_.*(downsample|_nearest|symmetric)": "a scale that is not that of the sizes, or another rounding",
    r"pad|_bool|_long|float(16|64)|int(8|16|32|64)|double|_empty": "other element types, no elements, or paddings",
    r"reverse|neg_steps|slice_start_out|slice_neg|allowzero": "backwards",
    r"matmul_.*1d|basic_conv|gemm_transposeA|gemm_.*matrix|zero_size|split_.*zero": "vector, or no elements",
}


@cache
def cases() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference values overflow on purpose in places
        from onnx.backend.test.case.node import collect_testcases

        claimed = set(LOWERINGS) | REWRITTEN
        found = {}
        for case in collect_testcases(None):
            version = next((entry.version for entry in case.model.opset_import if not entry.domain), 0)
            arrays = all(isinstance(item, np.ndarray | np.generic) for part in case.data_sets[0] for item in part)
            if arrays and version in OPSETS and {node.op_type for node in case.model.graph.node} <= claimed:
                found[case.name] = case
        return found


def with_constants(case: Any) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """The model with all but its pictures as initializers, and those pictures."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    weighted = {node.op_type for node in model.graph.node} & WEIGHTED
    names = [item.name for item in model.graph.input]
    feeds = {}
    for name, item in zip(names, case.data_sets[0][0], strict=True):
        array = np.asarray(item)
        if array.dtype == np.float32 and (name == names[0] or (array.ndim > 1 and not weighted)):
            feeds[name] = array
        else:
            model.graph.initializer.append(numpy_helper.from_array(array, name))
    kept = [item for item in model.graph.input if item.name in feeds]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    return model, feeds


def channels_last(array: np.ndarray) -> np.ndarray:
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array


@pytest.mark.parametrize("name", cases())
def test_onnx_node(name: str) -> None:
    case = cases()[name]
    model, feeds = with_constants(case)
    reason = next((text for pattern, text in SKIPPED.items() if re.search(pattern, name)), None)
    try:
        data = to_tflite(model)
    except ConversionError as error:
        if reason is None:
            raise
        pytest.skip(f"{reason}: {error}")
    if not feeds:
        pytest.skip("nothing is computed: every input became a constant")
    interpreter = Interpreter(model_content=data)
    runner = interpreter.get_signature_runner()
    outputs = runner(**{key: channels_last(value) for key, value in feeds.items()})
    for item, expected in zip(model.graph.output, case.data_sets[0][1], strict=True):
        wanted = channels_last(np.asarray(expected))
        assert outputs[item.name].shape == wanted.shape
        np.testing.assert_allclose(outputs[item.name], wanted, rtol=case.rtol, atol=1e-5)
