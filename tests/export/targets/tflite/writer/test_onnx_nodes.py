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

from efficientmod_export.targets.tflite.writer import to_tflite
from efficientmod_export.targets.tflite.writer._reader import OPSETS
from efficientmod_export.targets.tflite.writer.lowering import LOWERINGS
from efficientmod_mobile.errors import ConversionError

from .....raising import refused

REWRITTEN = {
    "BatchNormalization", "Constant", "CumSum", "Dropout", "Einsum", "Flatten", "Gemm", "GroupNormalization",
    "InstanceNormalization", "ReduceL2", "ReduceLogSumExp", "Split", "Squeeze", "Unsqueeze",
}  # fmt: skip
WEIGHTED = {
    "BatchNormalization", "Clip", "Conv", "ConvTranspose", "GroupNormalization", "InstanceNormalization",
    "LayerNormalization", "PRelu", "Pad", "Resize",
}  # fmt: skip

REFUSED = {
    r"cumsum_[12]d(_(axis|exclusive|negative|reverse)\w*)?": "unsupported_element_type",
    r"clip_default_int8_\w+|\w+_(u?int(8|16)|uint(32|64)|float(16|64))": "unsupported_element_type",
    r"equal_string\w*|(less|greater)_equal_u?int(8|16|32|64)_expanded": "unsupported_element_type",
    r"reduce_\w+_empty_set(_expanded|_non_reduced_axis_zero)?": "empty_value",
    r"reshape_allowzero_reordered|slice_start_out_of_bounds|split_zero_size_splits_opset1[38]": "empty_value",
}
"""The cases that the writer must refuse, by their names, and the code of the error; every other must convert."""
UNSUPPORTED = {
    r"pow_types_float32_int(32|64)": "takes part in float arithmetic",
    r"maxpool_with_argmax_2d_\w+": "it computes int64 values",
    r"(average|max)pool_[23]d_dilations\w*": "a dilated ",
    r"(average|max)pool_3d_default|convtranspose_3d": "a window over 3 axes",
    r"batchnorm_\w+_training_mode|training_dropout\w*|dropout_default_mask(_ratio)?": "this operator is not supported",
    r"arg(max|min)_\w+_select_last_index": "select_last_index",
    r"gridsample_bicubic\w*": "GridSample",
    r"gridsample_volumetric_\w+": "",
    r"layer_normalization_\w+": "['Mean', 'InvStdDev']",
    r"scatter_?(elements|nd)_\w*(mul|multiply|max|min)\w*": "only none and add are supported",
    r"resize_downsample_scales_(nearest|(linear|cubic)_align_corners|linear)": "that are not those of the sizes",
    r"resize_(down|up)sample_scales_linear_half_pixel_symmetric": "that are not those of the sizes",
    r"resize_(down|up)sample_sizes_nearest(_(floor|round|ceil|axes)_\w+)?": "a nearest resize with coordinates",
    r"resize_tf_crop_and_resize\w*|resize_downsample_sizes_linear_\w+_half_pixel": "a linear resize with coordinates",
    r"resize_\w+_exclude_outside": "excluded borders",
    r"resize_\w+_antialias": "antialiasing",
    r"resize_\w+_not_(larger|smaller)": "a kept aspect ratio",
}
"""Of those that are refused as unsupported operators, the reason that is given for the operator."""


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


def of_case(table: dict[str, str], name: str) -> str | None:
    return next((value for pattern, value in table.items() if re.fullmatch(f"test_({pattern})", name)), None)


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
    code, reason = of_case(REFUSED, name), of_case(UNSUPPORTED, name)
    if code is not None or reason is not None:
        with refused(ConversionError, code or "unsupported_operators", reason or ""):
            to_tflite(model)
        return
    data = to_tflite(model)
    if not feeds:
        pytest.skip("nothing is computed: every input became a constant")
    interpreter = Interpreter(model_content=data)
    runner = interpreter.get_signature_runner()
    outputs = runner(**{key: channels_last(value) for key, value in feeds.items()})
    for item, expected in zip(model.graph.output, case.data_sets[0][1], strict=True):
        wanted = channels_last(np.asarray(expected))
        assert outputs[item.name].shape == wanted.shape
        np.testing.assert_allclose(outputs[item.name], wanted, rtol=case.rtol, atol=1e-5)
