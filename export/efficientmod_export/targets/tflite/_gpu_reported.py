"""What others report of LiteRT on phones' GPUs, and what no software driver shows: for `lint` alone.

Nothing here was seen by this project, so that no file is proven or refused by it. Each row has the address of the
report.
"""

from math import prod

import numpy as np

from ._file import FLOAT32, INT8, Operator, text_of
from ._gpu_limit import Effect, GpuFinding, GpuLimit
from ._gpu_limits import findings_among

_LITERT = "https://github.com/google-ai-edge/LiteRT"
_ISSUES = f"{_LITERT}/issues"
_HEAD_AXES = 3


def _dynamic(operator: Operator) -> bool:
    """Weights of eight bits and values in floating point."""
    value, weight = operator.inputs[:2]
    return value.type == FLOAT32 and weight.type == INT8


def _dynamic_and_added(operator: Operator) -> bool:
    readers = operator.outputs[0].readers
    return (
        _dynamic(operator)
        and len(operator.inputs[0].shape) == _HEAD_AXES
        and any(reader.code == "ADD" for reader in readers)
    )


def _unlike_ranks(operator: Operator) -> bool:
    left, right = operator.inputs[:2]
    return len(left.shape) != len(right.shape) and not (left.constant or right.constant)


def _smaller_beside_product(operator: Operator) -> bool:
    sides = operator.inputs[:2]
    product = any(side.writer is not None and side.writer.code == "BATCH_MATMUL" for side in sides)
    return product and sides[0].shape != sides[1].shape


def _heads_first(operator: Operator) -> bool:
    left, right = operator.inputs[:2]
    computed = not (left.constant or right.constant)
    return computed and len(left.shape) == len(right.shape) == _HEAD_AXES and left.shape[0] > 1


def _composite_of_windows(operator: Operator) -> bool:
    """Whether it is an attention that the accelerator may take whole, of several images or windows."""
    name = text_of(operator.option("name"))
    return name.endswith("scaled_dot_product_attention") and operator.inputs[0].shape[:1] > (1,)


def _adds_up(operator: Operator) -> bool:
    """Whether it may give numbers beyond float16: a sum of computed numbers of more than one."""
    axes = operator.inputs[1].data
    shape = operator.inputs[0].shape
    if axes is None or not shape:
        return False
    return prod(shape[int(axis) % len(shape)] for axis in np.ravel(axes)) > 1


def _border_of_three_axes(operator: Operator) -> bool:
    pads = operator.inputs[1].data
    return len(operator.shape) == _HEAD_AXES and pads is not None and bool(np.any(pads[:-1]))


def _image_batch(operator: Operator) -> bool:
    return any(len(tensor.shape) == 4 and tensor.shape[0] > 1 and not tensor.constant for tensor in operator.outputs)


REPORTED: tuple[GpuLimit, ...] = (
    GpuLimit(
        "unlike ranks",
        ("ADD", "MUL"),
        _unlike_ranks,
        Effect.WRONG,
        "two computed tensors of unlike numbers of axes, as scores and a mask in attention; the GPU lines them up from "
        "the first axis, not from the last",
        ("the sources of July 2026",),
        source=f"{_LITERT}/pull/8975",
    ),
    GpuLimit(
        "product and a smaller tensor",
        ("ADD",),
        _smaller_beside_product,
        Effect.WRONG,
        "the result of a BATCH_MATMUL and a tensor that is repeated along an axis, as scores and a mask; on a Mali GPU "
        "the sum was wrong before LiteRT 2.1.6",
        ("2.1.3", "2.1.5"),
        source=f"{_ISSUES}/8593",
    ),
    GpuLimit(
        "attention of three axes",
        ("BATCH_MATMUL",),
        _heads_first,
        Effect.WRONG,
        "a product of three axes, the heads first; in one network on a Mali GPU the result was wrong until the "
        "attention had four axes",
        ("2.1.3",),
        source=f"{_ISSUES}/8619",
    ),
    GpuLimit(
        "attention of windows as a composite",
        ("STABLEHLO_COMPOSITE",),
        _composite_of_windows,
        Effect.ENDS,
        "odml.scaled_dot_product_attention of several windows; a Mali GPU's driver hung in one network, and the phone "
        "started again, until the attention was decomposed",
        ("litert-torch 0.10.0",),
        source=f"{_ISSUES}/8620",
    ),
    GpuLimit(
        "dynamic int8, then ADD",
        ("FULLY_CONNECTED",),
        _dynamic_and_added,
        Effect.REFUSED,
        "weights of int8, float32 values of three axes, and an ADD that reads the result; Mali GPUs do not compile it",
        ("2.1.3", "2.1.5"),
        source=f"{_ISSUES}/9277",
    ),
    GpuLimit(
        "dynamic int8",
        ("FULLY_CONNECTED",),
        _dynamic,
        Effect.WRONG,
        "weights of int8 and float32 values; wrong by the sum of each row where the app sets "
        "allowSrcQuantizedFcConvOps",
        ("2.1.6",),
        source=f"{_ISSUES}/8979",
    ),
    GpuLimit(
        "sum beyond float16",
        ("SUM",),
        _adds_up,
        Effect.WRONG,
        "a SUM, which is added in float16 where the GPU computes in it: from 65504 on the total is infinite, and what "
        "follows no number; seen on Apple and Mali GPUs, and right with the precision set to float32",
        ("2.1.5", "2.2.0"),
        source=f"{_ISSUES}/9249",
    ),
    GpuLimit(
        "borders of three axes",
        ("PAD",),
        _border_of_three_axes,
        Effect.WRONG,
        "three axes, padded along another than the last; on an Apple GPU the rows come out shifted by one, and with "
        "four axes they are right",
        ("2.1.5",),
        source=f"{_ISSUES}/9272",
    ),
    GpuLimit(
        "repetition",
        ("BROADCAST_TO",),
        lambda _: True,
        Effect.REFUSED,
        "no form of it is taken, whatever its number of axes; PyTorch's expand becomes one",
        ("the releases of August 2026",),
        source=f"{_ISSUES}/9191",
    ),
    GpuLimit(
        "batches",
        (),
        _image_batch,
        Effect.REFUSED,
        "four axes and a batch of more than one; the older GPU delegate of TensorFlow Lite, which MediaPipe has, does "
        "not take it",
        ("TensorFlow Lite 2.18",),
        source="https://github.com/tensorflow/tensorflow/issues/92798",
    ),
)
"""In the order in which they are looked for."""


def reported_findings(data: bytes) -> tuple[GpuFinding, ...]:
    """The operators of a .tflite file that a report is about; the first row that an operator breaks.

    Raises:
        InputError: the bytes are no TFLite model.
    """
    return findings_among(REPORTED, data)
