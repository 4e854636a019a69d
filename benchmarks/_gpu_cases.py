"""TFLite files of one or two operators: every operator that the writer emits x axes x batch x broadcasts x attributes.

A computed operand is a shape, a constant one an array. Shapes have unlike extents, and channels that are no multiple of
four, to which a GPU pads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from efficientmod_export.targets.tflite.writer import Builder, build

Shape = tuple[int, ...]
Array = NDArray[Any]
Operand = Shape | Array

SHAPES: tuple[Shape, ...] = (
    (6,),
    (7, 6),
    (1, 6),
    (5, 7, 6),
    (1, 7, 6),
    (1, 8, 7, 6),
    (5, 8, 7, 6),
    (1, 1, 1, 6),
    (1, 3, 8, 7, 6),
    (2, 3, 8, 7, 6),
)
POSITIVE = {"LOG", "SQRT", "RSQRT", "POW", "DIV"}
UNARY: dict[str, Callable[[], Any] | None] = {
    "ABS": schema.AbsOptionsT,
    "CEIL": None,
    "COS": schema.CosOptionsT,
    "ELU": None,
    "EXP": schema.ExpOptionsT,
    "FLOOR": None,
    "GELU": schema.GeluOptionsT,
    "HARD_SWISH": schema.HardSwishOptionsT,
    "LEAKY_RELU": lambda: schema.LeakyReluOptionsT(alpha=0.1),
    "LOG": None,
    "LOGISTIC": None,
    "NEG": schema.NegOptionsT,
    "RELU": None,
    "RELU6": None,
    "RELU_N1_TO_1": None,
    "ROUND": None,
    "RSQRT": None,
    "SIN": None,
    "SQRT": None,
    "SQUARE": schema.SquareOptionsT,
    "TANH": None,
}
BINARY: dict[str, Callable[..., Any]] = {
    "ADD": schema.AddOptionsT,
    "SUB": schema.SubOptionsT,
    "MUL": schema.MulOptionsT,
    "DIV": schema.DivOptionsT,
    "MAXIMUM": schema.MaximumMinimumOptionsT,
    "MINIMUM": schema.MaximumMinimumOptionsT,
    "POW": schema.PowOptionsT,
}
REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")
_ACTIVATION = schema.ActivationFunctionType
ACTIVATIONS = {name: getattr(_ACTIVATION, name) for name in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")}
PADDINGS = {"SAME": schema.Padding.SAME, "VALID": schema.Padding.VALID}


@dataclass
class File:
    """A file under construction: operators on inputs that are named in the order in which they come."""

    builder: Builder = field(default_factory=Builder)
    inputs: list[tuple[str, int]] = field(default_factory=list)

    def tensor(self, operand: Operand) -> int:
        """An input, or a constant."""
        if isinstance(operand, np.ndarray):
            return self.builder.constant(operand)
        index = self.builder.tensor(f"x{len(self.inputs)}", operand)
        self.inputs.append((f"x{len(self.inputs)}", index))
        return index

    def emit(self, code: str, inputs: Sequence[int], result: Shape, options: Any = None) -> int:
        """Write an operator."""
        return self.builder.emit(code, inputs, result, options)

    def written(self, output: int) -> bytes:
        """The file with one output."""
        return build(self.builder, self.inputs, [("y", output)], float16_weights=False)


@dataclass(frozen=True)
class Case:
    """A file to be made: its first operator, what tells it from the others, who makes it, its inputs' deviation."""

    operator: str
    form: str
    make: Callable[[File], int]
    scale: float = 2.0

    @property
    def positive(self) -> bool:
        """Whether its inputs must be greater than zero."""
        return self.operator in POSITIVE

    def written(self) -> bytes:
        """The file."""
        file = File()
        return file.written(self.make(file))


def numbers(*shape: int, positive: bool = False) -> Array:
    """Normal numbers, the same for a shape; the positive ones from 0.5 on."""
    values = np.random.default_rng(prod(shape)).standard_normal(shape)
    return (np.abs(values) + 0.5 if positive else values).astype(np.float32)


def ints(*values: int) -> Array:
    """A list of axes, extents or places."""
    return np.asarray(values, np.int32)


def single(
    code: str, form: str, operands: Sequence[Operand], result: Shape, options: Any = None, scale: float = 2.0
) -> Case:
    """A case of one operator."""

    def make(file: File) -> int:
        return file.emit(code, [file.tensor(item) for item in operands], result, options)

    return Case(code, form, make, scale)


def _text(operand: Operand) -> str:
    shape = operand.shape if isinstance(operand, np.ndarray) else operand
    listed = "x".join(map(str, shape)) or "scalar"
    return f"constant {listed}" if isinstance(operand, np.ndarray) else listed


def cases() -> Iterator[Case]:
    """All of them."""
    for family in FAMILIES:
        yield from family()


def _unary() -> Iterator[Case]:
    for code, options in UNARY.items():
        for shape in SHAPES:
            yield single(code, _text(shape), [shape], shape, options() if options else None)
        for shape in ((5, 7, 6), (1, 8, 7, 6)):
            yield single(code, f"{_text(shape)}, up to 200", [shape], shape, options() if options else None, scale=50.0)
    yield single(
        "GELU", "tanh 5x7x6, up to 200", [(5, 7, 6)], (5, 7, 6), schema.GeluOptionsT(approximate=True), scale=50.0
    )
    for slope in (-0.5, 0.0, 1.0, 1.5):
        options = schema.LeakyReluOptionsT(alpha=slope)
        yield single("LEAKY_RELU", f"5x7x6, slope {slope}", [(5, 7, 6)], (5, 7, 6), options)
    yield single("GELU", "tanh 5x7x6", [(5, 7, 6)], (5, 7, 6), schema.GeluOptionsT(approximate=True))


def _operands(shape: Shape) -> Iterator[Shape]:
    """The shapes that broadcast to `shape`: any axes of one element, the leading ones of these also left out."""
    seen = set()
    for count in range(len(shape) + 1):
        for axes in combinations(range(len(shape)), count):
            own = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
            for place in range(len(own)):
                if all(extent == 1 for extent in own[:place]) and own[place:] not in seen:
                    seen.add(own[place:])
                    yield own[place:]


def _binary() -> Iterator[Case]:
    for code, options in BINARY.items():
        positive = code in POSITIVE
        for shape in SHAPES:
            for other in _operands(shape):
                constant = numbers(*other, positive=positive)
                for pair in ((shape, constant), (constant, shape), (shape, other), (other, shape)):
                    yield single(code, f"{_text(pair[0])} with {_text(pair[1])}", pair, shape, options())
            for other in _operands(shape):
                constant = numbers(*shape, positive=positive)
                if other != shape:
                    yield single(code, f"{_text(other)} with {_text(constant)}", [other, constant], shape, options())
        for one, other in (((5, 1, 6), (1, 7, 6)), ((5, 1, 1, 6), (1, 8, 7, 1)), ((7, 1), (1, 6)), ((7, 1), (6,))):
            result = np.broadcast_shapes(one, other)
            for pair in ((one, other), (one, numbers(*other, positive=positive))):
                yield single(code, f"{_text(pair[0])} with {_text(pair[1])}", pair, result, options())
        for shape in ((5, 7, 6), (1, 8, 7, 6), (6,)):
            scalar = np.asarray(1.5, np.float32)
            yield single(code, f"{_text(shape)} with constant scalar", [shape, scalar], shape, options())
            yield single(code, f"constant scalar with {_text(shape)}", [scalar, shape], shape, options())


def _binary_with_activations() -> Iterator[Case]:
    shapes: tuple[Shape, ...] = ((7, 6), (5, 7, 6), (5, 8, 7, 6))
    for code in ("ADD", "SUB", "MUL", "DIV"):
        for (name, kind), shape in product(ACTIVATIONS.items(), shapes):
            others: tuple[Operand, ...] = (shape, numbers(shape[-1], positive=code == "DIV"))
            for other in others:
                options = BINARY[code](fusedActivationFunction=kind)
                yield single(code, f"{_text(shape)} with {_text(other)}, {name}", [shape, other], shape, options)


def _slopes_and_choices() -> Iterator[Case]:
    for shape in SHAPES:
        for other in _operands(shape):
            slopes = numbers(*other)
            yield single("PRELU", f"{_text(shape)} with {_text(slopes)}", [shape, slopes], shape)
        condition = numbers(*shape) > 0
        choices: tuple[Operand, ...] = (shape, numbers(*shape))
        for pair in product(choices, repeat=2):
            if any(not isinstance(item, np.ndarray) for item in pair):
                form = f"{_text(condition)}, {_text(pair[0])}, {_text(pair[1])}"
                yield single("SELECT", form, [condition, *pair], shape, schema.SelectOptionsT())


def _axes(rank: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, rank + 1):
        yield from combinations(range(rank), count)


def _reductions() -> Iterator[Case]:
    for code, shape, keep in product(REDUCTIONS, SHAPES, (True, False)):
        for axes in _axes(len(shape)):
            kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
            result = kept if keep else tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
            form = f"{_text(shape)} over {list(axes)}{' kept' * keep}"
            yield single(code, form, [shape, ints(*axes)], result, schema.ReducerOptionsT(keepDims=keep))
    for shape in SHAPES:
        yield single("SOFTMAX", _text(shape), [shape], shape, schema.SoftmaxOptionsT(beta=1.0))


def _products() -> Iterator[Case]:
    for shape, (name, kind) in product(SHAPES, ACTIVATIONS.items()):
        for keep in (True, False):
            result = (*shape[:-1], 9) if keep else (prod(shape) // 6, 9)
            options = schema.FullyConnectedOptionsT(keepNumDims=keep, fusedActivationFunction=kind)
            operands = [shape, numbers(9, 6), numbers(9)]
            yield single("FULLY_CONNECTED", f"{_text(shape)} by 9x6{' kept' * keep}, {name}", operands, result, options)
    for shape, width in (((7, 6), 42), ((5, 7, 6), 42), ((1, 5, 7, 6), 210), ((7, 6), 3), ((5, 7, 6), 3)):
        operands = [shape, numbers(9, width), numbers(9)]
        result = (prod(shape) // width, 9)
        yield single(
            "FULLY_CONNECTED", f"{_text(shape)} by 9x{width}", operands, result, schema.FullyConnectedOptionsT()
        )
    yield from _batched()


def _batched() -> Iterator[Case]:
    batches: tuple[tuple[Shape, Shape], ...] = (
        ((), ()), ((5,), (5,)), ((1,), (1,)), ((5,), ()), ((5,), (1,)), ((1,), (5,)), ((1, 5), (1, 5)),
        ((2, 5), (2, 5)), ((2, 5), (1, 5)), ((2, 5), (2, 1)), ((1, 5), (2, 5)), ((2, 5), ()), ((2, 5), (5,)),
        ((1, 2, 5), (1, 2, 5)),
    )  # fmt: skip
    for (left, right), across, down in product(batches, (False, True), (False, True)):
        one = (*left, 6, 7) if across else (*left, 7, 6)
        other = (*right, 9, 6) if down else (*right, 6, 9)
        result = (*np.broadcast_shapes(left, right), 7, 9)
        for pair in ((one, other), (numbers(*one), other), (one, numbers(*other))):
            options = schema.BatchMatMulOptionsT(adjX=across, adjY=down)
            form = f"{_text(pair[0])} by {_text(pair[1])}{', adjX' * across}{', adjY' * down}"
            yield single("BATCH_MATMUL", form, pair, result, options)


def _window(extent: int, size: int, stride: int, dilation: int, padding: str) -> int:
    reach = dilation * (size - 1) + 1
    return -(-extent // stride) if padding == "SAME" else (extent - reach) // stride + 1


_WINDOWS = tuple(
    (kernel, strides, dilations, padding)
    for kernel, strides, dilations, padding in product(
        ((1, 1), (2, 2), (3, 3), (3, 1), (1, 5), (5, 5), (7, 7)),
        ((1, 1), (2, 2), (1, 2), (3, 3)),
        ((1, 1), (2, 2), (1, 2)),
        PADDINGS,
    )
    if strides == (1, 1) or dilations == (1, 1)
)


def _convolutions() -> Iterator[Case]:
    for batch, (kernel, strides, dilations, padding) in product((1, 3), _WINDOWS):
        yield _convolution(batch, kernel, strides, dilations, padding)
        for multiplier in (1, 2):
            yield _convolution(batch, kernel, strides, dilations, padding, multiplier=multiplier)
    for activation in ACTIVATIONS.items():
        for multiplier in (0, 1):
            yield _convolution(1, (3, 3), (1, 1), (1, 1), "SAME", multiplier=multiplier, activation=activation)
    for batch, kernel, groups, inputs, outputs in product(
        (1, 3), ((1, 1), (3, 3)), (2, 3), (1, 2, 3, 4, 6, 8), (1, 2, 3, 4, 6, 8)
    ):
        yield _grouped(batch, kernel, groups, inputs, outputs)
    for kernel, multiplier in product(((1, 1), (3, 3), (5, 5)), (1, 2, 4, 9)):
        options = schema.DepthwiseConv2DOptionsT(depthMultiplier=multiplier, **_plain())
        operands: list[Operand] = [(1, 8, 7, 1), numbers(1, *kernel, multiplier), numbers(multiplier)]
        form = f"1x8x7x1, {_text(kernel)}, multiplier {multiplier}"
        yield single("DEPTHWISE_CONV_2D", form, operands, (1, 8, 7, multiplier), options)


def _plain() -> dict[str, int]:
    return {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}


def _grouped(batch: int, kernel: Shape, groups: int, inputs: int, outputs: int) -> Case:
    operands: list[Operand] = [
        (batch, 8, 7, groups * inputs),
        numbers(groups * outputs, *kernel, inputs),
        numbers(groups * outputs),
    ]
    form = f"{batch}x8x7x{groups * inputs}, {_text(kernel)}, {groups} groups of {inputs} to {outputs}"
    return single("CONV_2D", form, operands, (batch, 8, 7, groups * outputs), schema.Conv2DOptionsT(**_plain()))


def _convolution(
    batch: int,
    kernel: Shape,
    strides: Shape,
    dilations: Shape,
    padding: str,
    *,
    multiplier: int = 0,
    activation: tuple[str, int] = ("NONE", 0),
) -> Case:
    """A CONV_2D, or a DEPTHWISE_CONV_2D of so many filters a channel; channels: 6 in, 9 or 6 times that out."""
    outputs = 6 * multiplier or 9
    extents = [_window(*item, padding) for item in zip((17, 15), kernel, strides, dilations, strict=True)]
    options = {
        "padding": PADDINGS[padding],
        "strideH": strides[0],
        "strideW": strides[1],
        "dilationHFactor": dilations[0],
        "dilationWFactor": dilations[1],
        "fusedActivationFunction": activation[1],
    }
    filters = numbers(1, *kernel, outputs) if multiplier else numbers(outputs, *kernel, 6)
    form = f"{batch}x17x15x6, {_text(kernel)}, stride {_text(strides)}, dilation {_text(dilations)}, {padding}"
    form += f", multiplier {multiplier}" * (multiplier > 1)
    form += f", {activation[0]}" * (activation[0] != "NONE")
    code = "DEPTHWISE_CONV_2D" if multiplier else "CONV_2D"
    made: Any = (
        schema.DepthwiseConv2DOptionsT(depthMultiplier=multiplier, **options)
        if multiplier
        else schema.Conv2DOptionsT(**options)
    )
    return single(code, form, [(batch, 17, 15, 6), filters, numbers(outputs)], (batch, *extents, outputs), made)


def _transposed() -> Iterator[Case]:
    kernels = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (3, 2), (2, 3))
    steps = ((1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (4, 4))
    for batch, kernel, strides, padding in product((1, 3), kernels, steps, PADDINGS):
        extents = [
            extent * stride if padding == "SAME" else (extent - 1) * stride + max(size, stride)
            for extent, stride, size in zip((8, 7), strides, kernel, strict=True)
        ]
        result = (batch, *extents, 9)
        operands: list[Operand] = [ints(*result), numbers(9, *kernel, 6), (batch, 8, 7, 6), numbers(9)]
        options = schema.TransposeConvOptionsT(strideH=strides[0], strideW=strides[1], padding=PADDINGS[padding])
        form = f"{batch}x8x7x6, {_text(kernel)}, stride {_text(strides)}, {padding}"
        yield single("TRANSPOSE_CONV", form, operands, result, options)


def _pools() -> Iterator[Case]:
    for code, batch, (kernel, strides, dilations, padding) in product(
        ("AVERAGE_POOL_2D", "MAX_POOL_2D"), (1, 3), _WINDOWS
    ):
        if dilations == (1, 1):
            yield _pool(code, batch, kernel, strides, padding)
    for code, activation in product(("AVERAGE_POOL_2D", "MAX_POOL_2D"), ACTIVATIONS.items()):
        yield _pool(code, 1, (3, 3), (2, 2), "SAME", activation)


def _pool(
    code: str, batch: int, kernel: Shape, strides: Shape, padding: str, activation: tuple[str, int] = ("NONE", 0)
) -> Case:
    extents = [_window(*item, 1, padding) for item in zip((17, 15), kernel, strides, strict=True)]
    options = schema.Pool2DOptionsT(
        padding=PADDINGS[padding],
        strideH=strides[0],
        strideW=strides[1],
        filterHeight=kernel[0],
        filterWidth=kernel[1],
        fusedActivationFunction=activation[1],
    )
    form = f"{batch}x17x15x6, {_text(kernel)}, stride {_text(strides)}, {padding}"
    form += f", {activation[0]}" * (activation[0] != "NONE")
    return single(code, form, [(batch, 17, 15, 6)], (batch, *extents, 6), options)


def _images() -> Iterator[Case]:
    for batch, (height, width) in product((1, 3), ((16, 14), (8, 14), (5, 4), (19, 10), (1, 1))):
        shape, result = (batch, 8, 7, 6), (batch, height, width, 6)
        for corners, centres in ((False, False), (True, False), (False, True)):
            form = f"{_text(shape)} to {height}x{width}{', corners' * corners}{', centres' * centres}"
            for code, options in (
                ("RESIZE_BILINEAR", schema.ResizeBilinearOptionsT),
                ("RESIZE_NEAREST_NEIGHBOR", schema.ResizeNearestNeighborOptionsT),
            ):
                made = options(alignCorners=corners, halfPixelCenters=centres)
                yield single(code, form, [shape, ints(height, width)], result, made)
    for batch, block, depth in product((1, 3), (2, 3), (1, 2, 5)):
        deep, flat = (batch, 4, 3, depth * block**2), (batch, 4 * block, 3 * block, depth)
        options = schema.DepthToSpaceOptionsT(blockSize=block)
        yield single("DEPTH_TO_SPACE", f"{_text(deep)}, block {block}", [deep], flat, options)
        options = schema.SpaceToDepthOptionsT(blockSize=block)
        yield single("SPACE_TO_DEPTH", f"{_text(flat)}, block {block}", [flat], deep, options)


def _parts() -> Iterator[Case]:
    for shape in SHAPES:
        for axis in range(len(shape)):
            extent = shape[axis]
            if extent > 2:
                yield _slice(shape, axis, 1, extent - 2)
                yield _slice(shape, axis, 0, 2)
                for step, start in ((2, 0), (2, 1), (3, 0), (-1, extent - 1)):
                    yield _strided(shape, axis, start, step)
    yield single(
        "SLICE",
        "5x8x7x6, all axes",
        [(5, 8, 7, 6), ints(1, 2, 3, 1), ints(3, 4, 2, 4)],
        (3, 4, 2, 4),
        schema.SliceOptionsT(),
    )


def _slice(shape: Shape, axis: int, begin: int, count: int) -> Case:
    begins, sizes = [0] * len(shape), list(shape)
    begins[axis], sizes[axis] = begin, count
    operands: list[Operand] = [shape, ints(*begins), ints(*sizes)]
    form = f"{_text(shape)}, {count} from {begin} on along {axis}"
    return single("SLICE", form, operands, tuple(sizes), schema.SliceOptionsT())


def _strided(shape: Shape, axis: int, start: int, step: int) -> Case:
    begins, ends, steps, result = [0] * len(shape), list(shape), [1] * len(shape), list(shape)
    places = range(start, shape[axis], step) if step > 0 else range(start, -1, step)
    begins[axis], steps[axis], result[axis] = start, step, len(places)
    ends[axis] = shape[axis] if step > 0 else -shape[axis] - 1
    operands: list[Operand] = [shape, ints(*begins), ints(*ends), ints(*steps)]
    form = f"{_text(shape)}, every {step} from {start} on along {axis}"
    return single("STRIDED_SLICE", form, operands, tuple(result), schema.StridedSliceOptionsT())


def _joined() -> Iterator[Case]:
    for shape in SHAPES:
        for axis, count in product(range(len(shape)), (2, 3, 5, 7)):
            parts: list[Operand] = [
                (*shape[:axis], shape[axis] + place % 3, *shape[axis + 1 :]) for place in range(count)
            ]
            extent = sum(part[axis] for part in parts if not isinstance(part, np.ndarray))
            result = (*shape[:axis], extent, *shape[axis + 1 :])
            options = schema.ConcatenationOptionsT(axis=axis)
            yield single("CONCATENATION", f"{count} of {_text(shape)} along {axis}", parts, result, options)
            mixed = [numbers(*shape), *parts[1:]]
            form = f"{count} of {_text(shape)} along {axis}, the first constant"
            yield single("CONCATENATION", form, mixed, result, options)


def _borders() -> Iterator[Case]:
    for shape in SHAPES:
        for axis in range(len(shape)):
            pads = [(0, 0)] * len(shape)
            pads[axis] = (2, 1) if shape[axis] > 2 else (0, 1)
            result = tuple(extent + sum(pad) for extent, pad in zip(shape, pads, strict=True))
            operands: list[Operand] = [shape, np.asarray(pads, np.int32)]
            form = f"{_text(shape)}, {pads[axis]} along {axis}"
            yield single("PAD", form, operands, result, schema.PadOptionsT())
            more = [*operands, np.asarray(1.5, np.float32)]
            yield single("PADV2", form, more, result, schema.PadV2OptionsT())
            if shape[axis] > 2:
                reflected = schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT)
                yield single("MIRROR_PAD", form, operands, result, reflected)


def _places() -> Iterator[Case]:
    for shape in SHAPES:
        for axis, places in product(
            range(len(shape)), (ints(0, 0), np.asarray([[0], [0]], np.int32), np.asarray(0, np.int32), None)
        ):
            chosen = ints(shape[axis] - 1, 0, shape[axis] // 2) if places is None else places
            result = (*shape[:axis], *chosen.shape, *shape[axis + 1 :])
            form = f"{_text(shape)}, places {list(chosen.shape)} along {axis}"
            if places is not None:
                form += " (zeros)"
            yield single("GATHER", form, [shape, chosen], result, schema.GatherOptionsT(axis=axis))
        for depth in range(1, len(shape) + 1):
            chosen = np.stack([ints(extent - 1, 0, extent // 2) for extent in shape[:depth]], axis=-1)
            form = f"{_text(shape)}, places along {depth} axes"
            yield single("GATHER_ND", form, [shape, chosen], (3, *shape[depth:]), schema.GatherNdOptionsT())


def _views() -> Iterator[Case]:
    for shape in ((7, 6), (5, 7, 6), (1, 8, 7, 6), (5, 8, 7, 6), (2, 3, 8, 7, 6)):
        orders = list(permutations(range(len(shape))))[1 :: 1 if len(shape) < 5 else 17]
        for order in orders:
            result = tuple(shape[axis] for axis in order)
            form = f"{_text(shape)}, {list(order)}"
            yield single("TRANSPOSE", form, [shape, ints(*order)], result, schema.TransposeOptionsT())
    targets: tuple[Shape, ...] = (
        (1680,), (40, 42), (5, 336), (5, 56, 6), (40, 7, 6), (1, 280, 6), (5, 8, 7, 6), (1, 40, 42, 1), (8, 5, 7, 6),
        (1, 1, 1, 1680), (1, 5, 8, 7, 6), (5, 2, 4, 7, 6),
    )  # fmt: skip
    for source, target in permutations(targets, 2):
        options = schema.ReshapeOptionsT(newShape=list(target))
        form = f"{_text(source)} to {_text(target)}"
        yield single("RESHAPE", form, [source, ints(*target)], target, options)


def _halves() -> Iterator[Case]:
    """Weights in half precision, behind the operator that widens them."""
    readers: tuple[tuple[str, Sequence[Operand], int, Shape, Any], ...] = (
        ("ADD", [(5, 7, 6)], 1, (5, 7, 6), schema.AddOptionsT()),
        ("MUL", [(1, 8, 7, 6)], 1, (1, 8, 7, 6), schema.MulOptionsT()),
        ("FULLY_CONNECTED", [(7, 6), numbers(9)], 1, (7, 9), schema.FullyConnectedOptionsT()),
        ("BATCH_MATMUL", [(5, 7, 6)], 1, (5, 7, 9), schema.BatchMatMulOptionsT()),
        ("CONV_2D", [(1, 8, 7, 6), numbers(9)], 1, (1, 8, 7, 9), schema.Conv2DOptionsT(**_plain())),
        ("DEPTHWISE_CONV_2D", [(1, 8, 7, 6), numbers(6)], 1, (1, 8, 7, 6), schema.DepthwiseConv2DOptionsT(
            depthMultiplier=1, **_plain())),
        ("TRANSPOSE_CONV", [ints(1, 16, 14, 9), (1, 8, 7, 6), numbers(9)], 1, (1, 16, 14, 9),
         schema.TransposeConvOptionsT(strideH=2, strideW=2)),
        ("PRELU", [(1, 8, 7, 6)], 1, (1, 8, 7, 6), None),
        ("CONCATENATION", [(5, 7, 6)], 1, (5, 14, 6), schema.ConcatenationOptionsT(axis=1)),
    )  # fmt: skip
    weights = {
        "ADD": (5, 7, 6), "MUL": (7, 6), "FULLY_CONNECTED": (9, 6), "BATCH_MATMUL": (5, 6, 9), "CONV_2D": (9, 3, 3, 6),
        "DEPTHWISE_CONV_2D": (1, 3, 3, 6), "TRANSPOSE_CONV": (9, 3, 3, 6), "PRELU": (7, 6), "CONCATENATION": (5, 7, 6),
    }  # fmt: skip
    for code, operands, place, result, options in readers:
        yield Case("DEQUANTIZE", f"weight of {code}", _widened(code, operands, place, weights[code], result, options))


def _widened(
    code: str, operands: Sequence[Operand], place: int, weight: Shape, result: Shape, options: Any
) -> Callable[[File], int]:
    def make(file: File) -> int:
        half = file.tensor(numbers(*weight).astype(np.float16))
        wide = file.emit("DEQUANTIZE", [half], weight, schema.DequantizeOptionsT())
        tensors = [file.tensor(operand) for operand in operands]
        return file.emit(code, [*tensors[:place], wide, *tensors[place:]], result, options)

    return make


def _readers(shape: Shape) -> dict[str, Callable[[File, int], int]]:
    """What reads the channels of a value together, and with them what a GPU pads them with."""
    width = shape[-1]
    found: dict[str, Callable[[File, int], int]] = {}
    if len(shape) > 1:
        reduced = (*shape[:-1], 1)
        last = ints(len(shape) - 1)
        for code in REDUCTIONS:
            found[code] = lambda file, x, code=code: file.emit(  # type: ignore[misc]
                code, [x, file.tensor(last)], reduced, schema.ReducerOptionsT(keepDims=True)
            )
        found["SOFTMAX"] = lambda file, x: file.emit("SOFTMAX", [x], shape, schema.SoftmaxOptionsT(beta=1.0))
        options = schema.FullyConnectedOptionsT(keepNumDims=True)
        found["FULLY_CONNECTED"] = lambda file, x: file.emit(
            "FULLY_CONNECTED", [x, file.tensor(numbers(9, width)), file.tensor(numbers(9))], (*shape[:-1], 9), options
        )
    if len(shape) > 2:
        other = (*shape[:-2], width, 9)
        found["BATCH_MATMUL"] = lambda file, x: file.emit(
            "BATCH_MATMUL", [x, file.tensor(other)], (*shape[:-1], 9), schema.BatchMatMulOptionsT()
        )
    if len(shape) == 4:
        found["TRANSPOSE_CONV"] = lambda file, x: file.emit(
            "TRANSPOSE_CONV",
            [file.tensor(ints(*shape[:-1], 9)), file.tensor(numbers(9, 1, 1, width)), x, file.tensor(numbers(9))],
            (*shape[:-1], 9),
            schema.TransposeConvOptionsT(strideH=1, strideW=1, padding=schema.Padding.VALID),
        )
        found["CONV_2D"] = lambda file, x: file.emit(
            "CONV_2D",
            [x, file.tensor(numbers(9, 1, 1, width)), file.tensor(numbers(9))],
            (*shape[:-1], 9),
            schema.Conv2DOptionsT(**_plain()),
        )
    return found


def _read_together() -> Iterator[Case]:
    """An operator on each element, then one that reads the channels together."""
    for shape in ((7, 6), (5, 7, 6), (1, 8, 7, 6), (1, 8, 7, 8)):
        for name, reader in _readers(shape).items():
            for code, options in UNARY.items():
                yield Case(code, f"{_text(shape)}, then {name}", _then(code, [shape], shape, options, reader))
            for code, options in BINARY.items():
                others: tuple[Shape, ...] = (shape, (1,) * (len(shape) - 1) + shape[-1:], (*shape[:-1], 1))
                constants = [numbers(*other, positive=code in POSITIVE) for other in others]
                operands: tuple[Operand, ...] = (*others, *constants, np.asarray(1.5, np.float32))
                for other in operands:
                    pairs: tuple[tuple[Operand, Operand], ...] = ((shape, other), (other, shape))
                    for pair in pairs:
                        form = f"{_text(pair[0])} with {_text(pair[1])}, then {name}"
                        yield Case(code, form, _then(code, pair, shape, options, reader))


def _then(
    code: str, operands: Sequence[Operand], shape: Shape, options: Any, reader: Callable[[File, int], int]
) -> Callable[[File], int]:
    def make(file: File) -> int:
        tensors = [file.tensor(operand) for operand in operands]
        return reader(file, file.emit(code, tensors, shape, options() if options else None))

    return make


def _after_a_division() -> Iterator[Case]:
    """1 / x, then an operator that leaves the channels where they are, then one that reads them together."""
    shape = (1, 8, 6, 6)
    smaller = (1, 4, 3, 6)
    stated = {"strideH": 2, "strideW": 2, "filterHeight": 2, "filterWidth": 2}
    between: dict[str, tuple[str, list[Operand], Shape, Any]] = {
        "nothing": ("", [], shape, None),
        "RELU": ("RELU", [], shape, None),
        "NEG": ("NEG", [], shape, schema.NegOptionsT()),
        "MUL": ("MUL", [numbers(6)], shape, schema.MulOptionsT()),
        "ADD": ("ADD", [np.asarray(1.0, np.float32)], shape, schema.AddOptionsT()),
        "LOGISTIC": ("LOGISTIC", [], shape, None),
        "MINIMUM": ("MINIMUM", [np.asarray(9.0, np.float32)], shape, schema.MaximumMinimumOptionsT()),
        "AVERAGE_POOL_2D": ("AVERAGE_POOL_2D", [], smaller, schema.Pool2DOptionsT(**stated)),
        "MAX_POOL_2D": ("MAX_POOL_2D", [], smaller, schema.Pool2DOptionsT(**stated)),
        "DEPTHWISE_CONV_2D": ("DEPTHWISE_CONV_2D", [numbers(1, 3, 3, 6), numbers(6)], shape,
                              schema.DepthwiseConv2DOptionsT(depthMultiplier=1, **_plain())),
        "RESIZE_BILINEAR": ("RESIZE_BILINEAR", [ints(4, 3)], smaller, schema.ResizeBilinearOptionsT()),
        "SLICE": ("SLICE", [ints(0, 1, 1, 0), ints(1, 4, 3, 6)], smaller, schema.SliceOptionsT()),
        "SLICE of channels": ("SLICE", [ints(0, 0, 0, 1), ints(1, 8, 6, 5)], (1, 8, 6, 5), schema.SliceOptionsT()),
        "MEAN": ("MEAN", [ints(1, 2)], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True)),
        "REDUCE_MAX": ("REDUCE_MAX", [ints(1, 2)], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True)),
        "PAD": ("PAD", [np.asarray([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)], (1, 10, 8, 6), schema.PadOptionsT()),
        "GATHER": ("GATHER", [ints(2, 0, 5)], (1, 3, 6, 6), schema.GatherOptionsT(axis=1)),
        "CONCATENATION": ("CONCATENATION", [shape], (1, 16, 6, 6), schema.ConcatenationOptionsT(axis=1)),
        "CONCATENATION of channels": ("CONCATENATION", [shape], (1, 8, 6, 12), schema.ConcatenationOptionsT(axis=3)),
        "PRELU": ("PRELU", [numbers(6)], shape, None),
        "GELU": ("GELU", [], shape, schema.GeluOptionsT()),
        "HARD_SWISH": ("HARD_SWISH", [], shape, schema.HardSwishOptionsT()),
        "TANH": ("TANH", [], shape, None),
        "TRANSPOSE of channels": ("TRANSPOSE", [ints(0, 1, 3, 2)], (1, 8, 6, 6), schema.TransposeOptionsT()),
        "TRANSPOSE": ("TRANSPOSE", [ints(0, 2, 1, 3)], (1, 6, 8, 6), schema.TransposeOptionsT()),
        "RESHAPE": ("RESHAPE", [ints(1, 12, 4, 6)], (1, 12, 4, 6), schema.ReshapeOptionsT(newShape=[1, 12, 4, 6])),
        "two of RESHAPE": ("RESHAPE", [ints(1, 12, 4, 6)], (1, 12, 4, 6), None),
        "SOFTMAX": ("SOFTMAX", [], shape, schema.SoftmaxOptionsT(beta=1.0)),
    }  # fmt: skip
    for (name, step), (reader, read) in product(between.items(), _readers(shape).items()):
        yield Case("RSQRT", f"{_text(shape)}, then {name}, then {reader}", _in_between(name, shape, step, reader, read))
    for code, base in (("POW", -1.3), ("POW", -0.5), ("POW", 1.3), ("DIV", 1.0)):
        number = np.asarray(base, np.float32)
        for reader, read in _readers(shape).items():
            pair = (shape, number) if code == "POW" else (number, shape)
            form = f"{_text(shape)} and {base}, then {reader}"
            yield Case(code, form, _then(code, pair, shape, BINARY[code], read))


def _in_between(
    name: str, shape: Shape, step: tuple[str, list[Operand], Shape, Any], reader: str, _read: Callable[[File, int], int]
) -> Callable[[File], int]:
    code, operands, result, options = step

    def make(file: File) -> int:
        x = file.emit("RSQRT", [file.tensor(shape)], shape)
        if code:
            more = [file.tensor(operand) for operand in operands]
            made = schema.ReshapeOptionsT(newShape=list(result)) if code == "RESHAPE" else options
            x = file.emit(code, [x, *more], result, made)
        if name.startswith("two"):
            back = schema.ReshapeOptionsT(newShape=list(shape))
            x = file.emit(code, [x, file.tensor(ints(*shape))], shape, back)
        return _readers(file.builder.tensors[x].shape)[reader](file, x)

    return make


def _greatest_of_sums() -> Iterator[Case]:
    for code, shape in product(REDUCTIONS, ((7, 8), (5, 7, 6), (1, 8, 7, 8), (5, 8, 7, 6))):
        for axes, other in product(_axes(len(shape)), ("ADD", "MUL")):
            yield Case(
                other, f"{_text(shape)} twice, then {code} over {list(axes)}", _reduced(code, shape, axes, other)
            )


def _reduced(code: str, shape: Shape, axes: tuple[int, ...], other: str) -> Callable[[File], int]:
    def make(file: File) -> int:
        x = file.emit(other, [file.tensor(shape), file.tensor(shape)], shape, BINARY[other]())
        kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
        return file.emit(code, [x, file.tensor(ints(*axes))], kept, schema.ReducerOptionsT(keepDims=True))

    return make


def _bordered() -> Iterator[Case]:
    """A border, then a window over it."""
    borders: dict[str, Any] = {
        "PAD": schema.PadOptionsT(),
        "PADV2": schema.PadV2OptionsT(),
        "MIRROR_PAD": schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT),
    }
    pads = np.asarray([[0, 0], [1, 1], [2, 0], [0, 0]], np.int32)
    windows = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D")
    for (code, options), window, before, twice in product(borders.items(), windows, ("", "RELU"), (False, True)):
        form = f"1x8x7x6{', after RELU' * bool(before)}, then {window}{', read twice' * twice}"
        more = [np.asarray(1.5, np.float32)] if code == "PADV2" else []
        yield Case(code, form, _windowed(code, [pads, *more], options, window, before, twice))


def _windowed(
    code: str, operands: Sequence[Array], options: Any, window: str, before: str, twice: bool
) -> Callable[[File], int]:
    def make(file: File) -> int:
        x = file.tensor((1, 8, 7, 6))
        x = file.emit(before, [x], (1, 8, 7, 6)) if before else x
        padded = file.emit(code, [x, *map(file.tensor, operands)], (1, 10, 9, 6), options)
        if "POOL" in window:
            made = schema.Pool2DOptionsT(padding=1, strideH=1, strideW=1, filterHeight=3, filterWidth=3)
            result = file.emit(window, [padded], (1, 8, 7, 6), made)
        else:
            weight = numbers(6, 3, 3, 6) if window == "CONV_2D" else numbers(1, 3, 3, 6)
            kind = schema.Conv2DOptionsT if window == "CONV_2D" else schema.DepthwiseConv2DOptionsT
            made = kind(padding=1, **_plain())
            made.depthMultiplier = 1
            result = file.emit(window, [padded, file.tensor(weight), file.tensor(numbers(6))], (1, 8, 7, 6), made)
        if not twice:
            return result
        mean = file.emit("MEAN", [padded, file.tensor(ints(1, 2))], (1, 1, 1, 6), schema.ReducerOptionsT(keepDims=True))
        return file.emit("ADD", [result, mean], (1, 8, 7, 6), schema.AddOptionsT())

    return make


def _masked() -> Iterator[Case]:
    for shape, hidden in product(((1, 3, 5, 5), (3, 5, 5), (4, 3, 5, 5)), (-100.0, -1e9, float("-inf"))):
        mask = np.where(np.tri(5), 0, hidden).astype(np.float32)

        def make(file: File, shape: Shape = shape, mask: Array = mask) -> int:
            x = file.emit("ADD", [file.tensor(shape), file.tensor(mask)], shape, schema.AddOptionsT())
            return file.emit("SOFTMAX", [x], shape, schema.SoftmaxOptionsT(beta=1.0))

        yield Case("SOFTMAX", f"{_text(shape)}, hidden by {hidden}", make)


FAMILIES: tuple[Callable[[], Iterator[Case]], ...] = (
    _unary,
    _binary,
    _binary_with_activations,
    _slopes_and_choices,
    _reductions,
    _products,
    _convolutions,
    _transposed,
    _pools,
    _images,
    _parts,
    _joined,
    _borders,
    _places,
    _views,
    _halves,
    _read_together,
    _after_a_division,
    _greatest_of_sums,
    _bordered,
    _masked,
)
