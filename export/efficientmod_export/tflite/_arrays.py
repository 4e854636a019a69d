"""The values of ONNX tensors as NumPy arrays: views, where their storage allows it, into the model or a mapped file."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from efficientmod_mobile.errors import ConversionError, InputError

from ._graph import Array, Shape

if TYPE_CHECKING:
    import onnx

CARRIED = {"float32", "int64", "int32", "bool"}
"""Element types: float32 for what the network computes, the others for shapes, indices and conditions."""


def array_of(tensor: "onnx.TensorProto", folder: Path | None) -> Array:
    """A tensor's values as a read-only view, where its storage allows one."""
    import onnx
    from onnx import numpy_helper

    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, TypeError) as error:
        raise ConversionError(f"Constant {tensor.name!r} has an unknown element type; use float32.") from error
    if dtype.name not in CARRIED:
        raise ConversionError(f"Constant {tensor.name!r} is {dtype.name}; convert the model to float32 first.")
    shape = tuple(tensor.dims)
    if any(extent < 0 for extent in shape):
        raise InputError(f"Constant {tensor.name!r} has the shape {list(shape)}; the ONNX file is damaged.")
    external = tensor.data_location == onnx.TensorProto.EXTERNAL
    try:
        if external:
            return _external(tensor, folder, dtype, shape)
        if tensor.HasField("raw_data"):
            return np.frombuffer(tensor.raw_data, dtype=dtype.newbyteorder("<")).reshape(shape)
        return numpy_helper.to_array(tensor)
    except ValueError as error:
        message = f"Constant {tensor.name!r} does not hold the values of its shape {list(shape)}; the file is damaged."
        raise InputError(message) from error


def _external(tensor: "onnx.TensorProto", folder: Path | None, dtype: np.dtype[np.generic], shape: Shape) -> Array:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    if folder is None:
        raise InputError(f"Constant {tensor.name!r} is external data; give the ONNX file's path, not the loaded model.")
    path = (folder / location).resolve()
    if not location or not path.is_relative_to(folder.resolve()):
        raise InputError(f"Constant {tensor.name!r} points outside the model's folder ({location!r}); refused.")
    if not path.is_file():
        raise InputError(
            f"Constant {tensor.name!r} is kept in {path}, which is not there; move it beside the ONNX file."
        )
    try:
        offset = int(entries.get("offset", "0"))
    except ValueError as error:
        raise InputError(f"Constant {tensor.name!r} has a damaged offset; export the model again.") from error
    needed = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if offset < 0 or offset + needed > path.stat().st_size:
        raise InputError(f"Constant {tensor.name!r} reaches past the end of {path}; the file is cut short.")
    if needed == 0:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
