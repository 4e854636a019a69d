"""A model's inputs and outputs: arrays, images, and a classifier's label and probabilities.

Message definitions: coremltools, mlmodel/format/FeatureTypes.proto. An ML program applies the scale and bias of its
image inputs in operators, so a picture's input values are pixels from 0 to 255.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image

from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._flexibility import ANY_SHAPE, Flexibility, array_flexibility, image_flexibility
from efficientmod_export.mil._graph import Variable
from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._types import BY_NAME, to_tensor
from efficientmod_mobile.errors import InputError

Colour = Literal["RGB", "BGR", "L"]

_COLOURS: dict[int, Colour] = {10: "L", 20: "RGB", 30: "BGR", 40: "L"}
_HALF_GREY = 40
_ARRAY_DTYPES: dict[int, type[np.generic]] = {
    65552: np.float16,
    65568: np.float32,
    65600: np.float64,
    131080: np.int8,
    131104: np.int32,
}
_PYTHON_TYPES: dict[str, type] = {
    "multiArrayType": torch.Tensor,
    "stringType": str,
    "int64Type": int,
    "dictionaryType": dict,
}


@dataclass(frozen=True)
class Feature:
    """One input or output of a model. `colour` is None unless it is an image; `dtype` is an array's element type.

    `default` fills an input that may be left out, in the shape `shape`; None for one that may not. `allowed` has the
    other shapes that an input may have.
    """

    name: str
    kind: str
    dtype: type[np.generic]
    colour: Colour | None = None
    default: float | None = None
    shape: tuple[int, ...] = ()
    allowed: Flexibility = ANY_SHAPE


def read_feature(proto: Any) -> Feature:
    """The feature that a `FeatureDescription` describes; `PackageError` for a type that is not known."""
    kind = str(proto.type.WhichOneof("Type"))
    if kind == "imageType":
        colour = proto.type.imageType.colorSpace
        if colour not in _COLOURS:
            raise PackageError(
                f"the image '{proto.name}' has the unknown colour space {colour}; export it again",
                code="unsupported_feature_type",
            )
        dtype = np.float16 if colour == _HALF_GREY else np.uint8
        return Feature(proto.name, kind, dtype, _COLOURS[colour], allowed=image_flexibility(proto.type.imageType))
    if kind != "multiArrayType":
        return Feature(proto.name, kind, np.float32)
    array = proto.type.multiArrayType
    if array.dataType not in _ARRAY_DTYPES:
        raise PackageError(
            f"the array '{proto.name}' has the unknown element type {array.dataType}; export it again",
            code="unsupported_feature_type",
        )
    held = array.WhichOneof("defaultOptionalValue") if proto.type.isOptional else None
    default = float(getattr(array, held)) if held else None
    return Feature(
        proto.name,
        kind,
        _ARRAY_DTYPES[array.dataType],
        default=default,
        shape=tuple(array.shape),
        allowed=array_flexibility(array),
    )


def _fits(shape: tuple[int, ...], declared: Variable) -> bool:
    if declared.any_rank:
        return True
    return len(shape) == len(declared.shape) and all(
        want is None or want == have for want, have in zip(declared.shape, shape, strict=True)
    )


def _check_shape(shape: tuple[int, ...], declared: Variable, feature: Feature, what: str) -> None:
    if not _fits(shape, declared):
        wanted = tuple("any" if length is None else length for length in declared.shape)
        raise InputError(f"the input '{declared.name}' is {wanted}, but {what} is {shape}", code="wrong_input_shape")
    refused = feature.allowed.refuses(shape)
    if refused:
        raise InputError(f"the input '{declared.name}' is {refused}, but {what} is {shape}", code="wrong_input_shape")


def _pixels(value: Any, feature: Feature) -> np.ndarray[Any, Any]:
    if isinstance(value, Image.Image):
        mode = "L" if feature.colour == "L" else "RGB"
        if value.mode != mode and not (value.mode == "F" and feature.dtype is np.float16):
            raise InputError(
                f"the input '{feature.name}' takes pictures of mode {mode}; convert the {value.mode} one",
                code="wrong_input_value",
            )
        return np.array(value)
    if isinstance(value, np.ndarray) and value.dtype in (np.uint8, feature.dtype) and value.ndim in (2, 3):
        return value
    raise InputError(
        f"the input '{feature.name}' is an image: give a PIL image or uint8 pixels (height, width, 3) in RGB",
        code="wrong_input_value",
    )


def _image(value: Any, feature: Feature, declared: Variable) -> torch.Tensor:
    pixels = _pixels(value, feature)
    planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    if feature.colour == "BGR":
        planes = planes[::-1]
    _check_shape((1, *planes.shape), declared, feature, "the picture")
    dtype = BY_NAME[declared.dtype]
    return to_tensor(planes[None].astype(dtype.storage), dtype)


def _filled(value: float, feature: Feature) -> np.ndarray[Any, Any]:
    try:
        check_size(feature.shape)
        return np.full(feature.shape, value)
    except ValueError as error:
        raise PackageError(f"the default of the input '{feature.name}': {error}", code="damaged_constant") from error


def to_input(value: Any, feature: Feature, declared: Variable) -> torch.Tensor:
    """The program's input tensor, (1, C, H, W) for a picture. Raises `InputError` when `value` does not fit.

    None stands for an input that was left out.
    """
    if feature.kind == "imageType":
        return _image(value, feature, declared)
    dtype = BY_NAME[declared.dtype]
    if value is None and feature.default is not None:
        value = _filled(feature.default, feature)
    try:
        with np.errstate(all="ignore"):
            array = np.array(value, dtype=dtype.storage, order="C")
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(
            f"the input '{feature.name}' takes numbers, not a {type(value).__name__}", code="wrong_input_value"
        ) from error
    if array.shape == (1,) and declared.shape == () and not declared.any_rank:
        # Core ML has no arrays without axes: a scalar is an array of one element.
        array = array.reshape(())
    _check_shape(array.shape, declared, feature, "the array")
    return to_tensor(array, dtype)


def _to_image(tensor: torch.Tensor, feature: Feature) -> Image.Image:
    planes = tensor[0].numpy()
    if feature.dtype is np.float16:
        return Image.fromarray(planes[0].astype(np.float32))
    with np.errstate(invalid="ignore"):
        pixels = np.clip(np.round(planes), 0, 255).astype(np.uint8)
    if feature.colour == "L":
        return Image.fromarray(pixels[0])
    rgb = pixels[::-1] if feature.colour == "BGR" else pixels
    return Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))


def _is_described(value: Any, feature: Feature) -> bool:
    """Whether `value`, from the program, is of the kind that the package's description states."""
    if feature.kind == "imageType":
        planes = (1, 1 if feature.colour == "L" else 3)
        return isinstance(value, torch.Tensor) and value.dim() == 4 and value.shape[:2] == planes and value.numel() > 0
    return isinstance(value, _PYTHON_TYPES.get(feature.kind, ()))


def to_output(value: Any, feature: Feature) -> Any:
    """An array of the feature's type, a PIL image, a class label (string or int), or a dictionary of probabilities.

    A scalar becomes an array of one element, since Core ML has none without axes. Raises `PackageError` where the
    program's output is not as described.
    """
    if not _is_described(value, feature):
        held = f"a tensor {tuple(value.shape)}" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
        raise PackageError(
            f"the output '{feature.name}' is described as {feature.kind}, but the program gives {held}; "
            "export it again",
            code="inconsistent_interface",
        )
    if feature.kind == "imageType":
        return _to_image(value, feature)
    if feature.kind != "multiArrayType":
        return value
    with np.errstate(all="ignore"):
        array = value.contiguous().numpy().astype(feature.dtype)
    return array if array.shape else array.reshape(1)
