"""The values of ONNX tensors as NumPy arrays: views of the model or of a mapped file, where their storage allows it."""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_mobile.errors import ConversionError, InputError

from ._graph import Array, Shape

if TYPE_CHECKING:
    import onnx

CARRIED = {"float32", "int64", "int32", "bool"}
"""Element types: float32 for what the network computes, the others for shapes, indices and conditions."""


def array_of(tensor: "onnx.TensorProto", files: "ExternalFiles | None") -> Array:
    """A tensor's values as a read-only view, where its storage allows one."""
    import onnx
    from onnx import numpy_helper

    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, TypeError) as error:
        raise ConversionError(
            f"Constant {tensor.name!r} has an unknown element type; export the model in float32.",
            code="unsupported_element_type",
        ) from error
    zero_point = dtype == np.int8 and not tensor.dims
    if dtype.name not in CARRIED and not zero_point:
        raise ConversionError(
            f"Constant {tensor.name!r} is {dtype.name}; convert the model to float32 first.",
            code="unsupported_element_type",
        )
    shape = tuple(tensor.dims)
    if any(not 0 <= extent < 1 << 31 for extent in shape):
        raise InputError(
            f"Constant {tensor.name!r} has the shape {list(shape)}; the ONNX file is damaged.", code="damaged_onnx"
        )
    external = tensor.data_location == onnx.TensorProto.EXTERNAL
    try:
        if external:
            return _external(tensor, files, dtype, shape)
        if tensor.HasField("raw_data"):
            return np.frombuffer(tensor.raw_data, dtype=dtype.newbyteorder("<")).reshape(shape)
        return numpy_helper.to_array(tensor)
    except ValueError as error:
        message = f"Constant {tensor.name!r} does not hold the values of its shape {list(shape)}; the file is damaged."
        raise InputError(message, code="damaged_onnx") from error


def _external(tensor: "onnx.TensorProto", files: "ExternalFiles | None", dtype: np.dtype[Any], shape: Shape) -> Array:
    if files is None:
        raise InputError(
            f"Constant {tensor.name!r} is external data; give the ONNX file's path, not the loaded model.",
            code="external_data_without_file",
        )
    entries = {entry.key: entry.value for entry in tensor.external_data}
    data = files.map(entries.get("location", ""), tensor.name)
    needed = prod(shape) * dtype.itemsize
    try:
        offset, length = int(entries.get("offset", "0")), int(entries.get("length", needed))
    except ValueError as error:
        message = f"Constant {tensor.name!r} has a damaged offset or length; export the model again."
        raise InputError(message, code="damaged_external_data") from error
    if length != needed:
        raise InputError(
            f"Constant {tensor.name!r} has {length} bytes, not the {needed} of its shape {list(shape)}.",
            code="damaged_external_data",
        )
    if offset < 0 or offset + needed > data.size:
        message = f"Constant {tensor.name!r} reaches past the end of {entries['location']!r}; the file is cut short."
        raise InputError(message, code="damaged_external_data")
    return data[offset : offset + needed].view(dtype).reshape(shape)


class ExternalFiles:
    """The weight files in a model's folder, each mapped once, since every map keeps its file open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: dict[Path, NDArray[np.uint8]] = {}

    def map(self, location: str, constant: str) -> NDArray[np.uint8]:
        """The bytes of a file, read when they are used. Raises InputError where it is not in the folder."""
        try:
            path = (self._folder / location).resolve()
            if not location or not path.is_relative_to(self._folder.resolve()):
                raise InputError(
                    f"Constant {constant!r} is in {location!r}, outside the model's folder; move it beside the model.",
                    code="path_outside_model",
                )
            if path not in self._maps:
                if not path.is_file():
                    message = (
                        f"Constant {constant!r} is kept in {path}, which is not there; move it beside the ONNX file."
                    )
                    raise InputError(message, code="unreadable_external_data")
                size = path.stat().st_size
                self._maps[path] = np.memmap(path, np.uint8, "r") if size else np.zeros(0, np.uint8)
            return self._maps[path]
        except (OSError, RuntimeError, ValueError) as error:  # not readable, a loop of links, an invalid name
            raise InputError(
                f"Constant {constant!r} is kept in {location[:100]!r}, which cannot be read.",
                code="unreadable_external_data",
            ) from error
