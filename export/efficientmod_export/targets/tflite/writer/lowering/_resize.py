"""Resampling of images, and moves between blocks of pixels and channels."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._graph import Shape
from .._layout import NHWC, Value, natural
from ._broadcast import times_ones
from ._linear import computed
from ._padding import image_of
from ._registry import Context, Operand, lowers


@lowers("Resize")
def resize(
    context: Context,
    x: Operand,
    roi: Operand | None = None,  # noqa: ARG001
    scales: Operand | None = None,
    sizes: Operand | None = None,  # noqa: ARG001
    *,
    mode: str = "nearest",
    coordinate_transformation_mode: str = "half_pixel",
    nearest_mode: str = "round_prefer_floor",
    antialias: int = 0,
    axes: tuple[int, ...] = (),
    keep_aspect_ratio_policy: str = "stretch",
    cubic_coeff_a: float = -0.75,  # noqa: ARG001
    exclude_outside: int = 0,
    extrapolation_value: float = 0.0,  # noqa: ARG001
) -> Value:
    """Bilinear and nearest resampling of H and W, for the coordinate modes that TFLite has."""
    if not isinstance(x, Value):  # a GPU refuses to resize a constant
        x = Value(computed(context, x), x.shape, natural(x.ndim))
    image = image_of(context, x)
    shape = tuple(context.shape[axis] for axis in NHWC)
    if antialias or exclude_outside or keep_aspect_ratio_policy != "stretch":
        raise CannotLowerError("antialiasing, excluded borders or a kept aspect ratio")
    if shape[0] != image.physical[0] or shape[3] != image.physical[3]:
        raise CannotLowerError("a resize of the batch or of the channels")
    _check_scales(image, shape, scales, axes)
    operands = [context.builder.stored(image), context.builder.ints(shape[1:3])]
    if mode == "linear":
        options = _linear(coordinate_transformation_mode, shape)
        return Value(context.emit("RESIZE_BILINEAR", operands, shape, options), shape, NHWC)
    if mode == "nearest":
        factors = tuple(after // before for before, after in zip(image.physical[1:3], shape[1:3], strict=True))
        if _is_repetition(coordinate_transformation_mode, nearest_mode, image.physical, shape):
            return _repeated(context, image, factors)
        if (coordinate_transformation_mode, nearest_mode) != ("asymmetric", "floor"):
            places = f"{coordinate_transformation_mode!r} and rounding {nearest_mode!r}"
            raise CannotLowerError(f"a nearest resize with coordinates {places}")
        options = schema.ResizeNearestNeighborOptionsT()
        return Value(context.emit("RESIZE_NEAREST_NEIGHBOR", operands, shape, options), shape, NHWC)
    raise CannotLowerError(f"a resize of mode {mode!r}; linear and nearest are supported")


def _check_scales(image: Value, shape: tuple[int, ...], scales: Operand | None, axes: tuple[int, ...]) -> None:
    """Refuse a stated scale that does not follow from the sizes, as TFLite's does: it would sample other points."""
    if scales is None or isinstance(scales, Value) or scales.size == 0:
        return
    stated = np.ones(4)
    stated[list(axes) or slice(None)] = scales
    actual = [shape[1] / image.physical[1], shape[2] / image.physical[2]]
    if not np.allclose(stated[2:], actual, rtol=1e-6):
        raise CannotLowerError(f"scales {stated[2:].tolist()} that are not those of the sizes, {actual}")


def _linear(mode: str, shape: tuple[int, ...]) -> schema.ResizeBilinearOptionsT:
    if mode == "half_pixel" or (mode == "pytorch_half_pixel" and min(shape[1:3]) > 1):
        return schema.ResizeBilinearOptionsT(halfPixelCenters=True)
    if mode == "align_corners" and min(shape[1:3]) > 1:
        return schema.ResizeBilinearOptionsT(alignCorners=True)
    if mode == "asymmetric":
        return schema.ResizeBilinearOptionsT()
    raise CannotLowerError(f"a linear resize with coordinates {mode!r}")


def _is_repetition(mode: str, rounding: str, source: Shape, shape: Shape) -> bool:
    """Whether each pixel is repeated the same integer number of times."""
    whole = all(after % before == 0 for before, after in zip(source, shape, strict=True))
    centred = mode in ("half_pixel", "pytorch_half_pixel") and rounding in ("round_prefer_floor", "round_prefer_ceil")
    return whole and (centred or (mode, rounding) == ("asymmetric", "floor"))


def _repeated(context: Context, image: Value, factors: tuple[int, ...]) -> Value:
    """Repeat each pixel by products with ones that broadcast, since XNNPACK has no RESIZE_NEAREST_NEIGHBOR."""
    batch, height, width, channels = image.physical
    down, across = factors
    tensor = times_ones(context, image, (batch * height * width, 1, channels), across)
    image = Value(tensor, (batch, height, width * across, channels), NHWC)
    tensor = times_ones(context, image, (batch * height, 1, width * across * channels), down)
    return Value(tensor, (batch, height * down, width * across, channels), NHWC)


@lowers("DepthToSpace")
def depth_to_space(context: Context, x: Operand, *, blocksize: int, mode: str = "DCR") -> Value:
    """Channels become blocks of pixels. In TFLite the position in the block is outermost in the channels (DCR); where
    it is innermost (CRD), as in PyTorch, the channels are reordered first.
    """
    if mode not in ("DCR", "CRD"):
        raise CannotLowerError(f"the order {mode!r}, which is not one of ONNX's")
    image = image_of(context, context.value(x))
    if mode == "CRD":
        image = _block_outermost(context, image, blocksize**2)
    return _blocks(context, "DEPTH_TO_SPACE", image, schema.DepthToSpaceOptionsT(blockSize=blocksize))


def _block_outermost(context: Context, image: Value, places: int) -> Value:
    *_, channels = image.physical
    shape = (image.size // channels, channels // places, places)
    sorted_ = context.builder.arranged(Value(image.tensor, shape, natural(3)), (0, 2, 1))
    return Value(sorted_.tensor, image.physical, NHWC)


@lowers("SpaceToDepth")
def space_to_depth(context: Context, x: Operand, *, blocksize: int) -> Value:
    """Blocks of pixels become channels, with the position in the block outermost."""
    image = image_of(context, context.value(x))
    if any(extent % blocksize for extent in image.physical[1:3]):
        raise CannotLowerError(f"a height or width that is not a multiple of {blocksize}")
    return _blocks(context, "SPACE_TO_DEPTH", image, schema.SpaceToDepthOptionsT(blockSize=blocksize))


def _blocks(context: Context, code: str, image: Value, options: object) -> Value:
    shape = tuple(context.shape[axis] for axis in NHWC)
    # The images of a batch become one image of their joint height: a GPU computes wrong values for more than one.
    source, result = (_one_image(physical) for physical in (image.physical, shape))
    return Value(context.emit(code, [context.builder.stored(image, source)], result, options), shape, NHWC)


def _one_image(shape: Shape) -> Shape:
    batch, height, width, channels = shape
    return (1, batch * height, width, channels)
