"""MIL's data types: how they are named, how they are stored, and which PyTorch type computes with them here."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class DataType:
    """One of MIL's element types.

    `blob` is its number in a weight file and `bits` its width there. `storage` is the NumPy type of one stored element
    (types narrower than a byte are unpacked to `storage`), and `compute_dtype` the PyTorch type that the interpreter
    computes with: float32 for every float, since float16 arithmetic is emulated by rounding.
    """

    name: str
    blob: int
    bits: int
    storage: type[np.generic]
    compute_dtype: torch.dtype

    def size_of(self, count: int) -> int:
        """Bytes that `count` elements take."""
        return (count * self.bits + 7) // 8


_PROTO: dict[int, DataType] = {
    1: DataType("bool", 3, 8, np.bool_, torch.bool),
    10: DataType("fp16", 1, 16, np.float16, torch.float32),
    11: DataType("fp32", 2, 32, np.float32, torch.float32),
    21: DataType("int8", 4, 8, np.int8, torch.int8),
    22: DataType("int16", 6, 16, np.int16, torch.int16),
    23: DataType("int32", 14, 32, np.int32, torch.int32),
    25: DataType("int4", 8, 4, np.int8, torch.int8),
    31: DataType("uint8", 3, 8, np.uint8, torch.uint8),
    # PyTorch has hardly any operators for its wider unsigned types.
    32: DataType("uint16", 7, 16, np.uint16, torch.int32),
    33: DataType("uint32", 15, 32, np.uint32, torch.int64),
    35: DataType("uint4", 11, 4, np.uint8, torch.uint8),
    36: DataType("uint2", 10, 2, np.uint8, torch.uint8),
    37: DataType("uint1", 9, 1, np.uint8, torch.uint8),
    38: DataType("uint6", 13, 6, np.uint8, torch.uint8),
    39: DataType("uint3", 12, 3, np.uint8, torch.uint8),
}
_OTHER_NAMES = {2: "string", 12: "fp64", 13: "bf16", 24: "int64", 34: "uint64", 40: "fp8e4m3fn", 41: "fp8e5m2"}
BY_NAME: dict[str, DataType] = {dtype.name: dtype for dtype in _PROTO.values()}


def dtype_name(number: int) -> str:
    """The name of the data type with this number in `MIL.proto`."""
    if number in _PROTO:
        return _PROTO[number].name
    return _OTHER_NAMES.get(number, f"data type {number}")


def unpack(stored: np.ndarray[Any, np.dtype[np.uint8]], dtype: DataType, count: int) -> np.ndarray[Any, Any]:
    """`count` elements of `dtype` out of bytes; elements narrower than a byte lie least significant bit first."""
    if dtype.storage is np.bool_:
        return np.not_equal(stored[:count], 0)
    if dtype.bits % 8 == 0:
        # PyTorch expects aligned elements.
        elements: np.ndarray[Any, Any] = stored.view(dtype.storage)[:count]
        return elements if elements.flags.aligned else elements.copy()
    bits = np.unpackbits(stored, count=count * dtype.bits, bitorder="little").reshape(count, dtype.bits)
    values = np.packbits(bits, axis=1, bitorder="little")[:, 0]
    if dtype.name == "int4":
        return ((values ^ 8).astype(np.int8) - 8).astype(np.int8)
    return values


def to_tensor(values: np.ndarray[Any, Any], dtype: DataType) -> torch.Tensor:
    """`values` as a tensor of the type's `compute_dtype`; shares their memory where both types agree."""
    if dtype.name in {"uint16", "uint32"}:
        values = values.astype(np.int64)
    return torch.from_numpy(values).to(dtype.compute_dtype)


def through_float16(tensor: torch.Tensor) -> torch.Tensor:
    """`tensor` rounded to float16 (to nearest even, infinite past 65504), in float32."""
    return tensor.to(torch.float16).to(torch.float32)
