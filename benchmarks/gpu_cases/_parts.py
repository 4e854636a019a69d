"""Taking parts, joining, borders, and the order of axes."""

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gpu_cases._case import SHAPES, Case, Operand, Shape, ints, numbers, single, text


def parts() -> Iterator[Case]:
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
    form = f"{text(shape)}, {count} from {begin} on along {axis}"
    return single("SLICE", form, operands, tuple(sizes), schema.SliceOptionsT())


def _strided(shape: Shape, axis: int, start: int, step: int) -> Case:
    begins, ends, steps, result = [0] * len(shape), list(shape), [1] * len(shape), list(shape)
    places = range(start, shape[axis], step) if step > 0 else range(start, -1, step)
    begins[axis], steps[axis], result[axis] = start, step, len(places)
    ends[axis] = shape[axis] if step > 0 else -shape[axis] - 1
    operands: list[Operand] = [shape, ints(*begins), ints(*ends), ints(*steps)]
    form = f"{text(shape)}, every {step} from {start} on along {axis}"
    return single("STRIDED_SLICE", form, operands, tuple(result), schema.StridedSliceOptionsT())


def joined() -> Iterator[Case]:
    for shape in SHAPES:
        for axis, count in product(range(len(shape)), (2, 3, 5, 7)):
            parts: list[Operand] = [
                (*shape[:axis], shape[axis] + place % 3, *shape[axis + 1 :]) for place in range(count)
            ]
            extent = sum(part[axis] for part in parts if not isinstance(part, np.ndarray))
            result = (*shape[:axis], extent, *shape[axis + 1 :])
            options = schema.ConcatenationOptionsT(axis=axis)
            yield single("CONCATENATION", f"{count} of {text(shape)} along {axis}", parts, result, options)
            mixed = [numbers(*shape), *parts[1:]]
            form = f"{count} of {text(shape)} along {axis}, the first constant"
            yield single("CONCATENATION", form, mixed, result, options)


def borders() -> Iterator[Case]:
    for shape in SHAPES:
        for axis in range(len(shape)):
            pads = [(0, 0)] * len(shape)
            pads[axis] = (2, 1) if shape[axis] > 2 else (0, 1)
            result = tuple(extent + sum(pad) for extent, pad in zip(shape, pads, strict=True))
            operands: list[Operand] = [shape, np.asarray(pads, np.int32)]
            form = f"{text(shape)}, {pads[axis]} along {axis}"
            yield single("PAD", form, operands, result, schema.PadOptionsT())
            more = [*operands, np.asarray(1.5, np.float32)]
            yield single("PADV2", form, more, result, schema.PadV2OptionsT())
            if shape[axis] > 2:
                reflected = schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT)
                yield single("MIRROR_PAD", form, operands, result, reflected)


def places() -> Iterator[Case]:
    for shape in SHAPES:
        for axis, places in product(
            range(len(shape)), (ints(0, 0), np.asarray([[0], [0]], np.int32), np.asarray(0, np.int32), None)
        ):
            chosen = ints(shape[axis] - 1, 0, shape[axis] // 2) if places is None else places
            result = (*shape[:axis], *chosen.shape, *shape[axis + 1 :])
            form = f"{text(shape)}, places {list(chosen.shape)} along {axis}"
            if places is not None:
                form += " (zeros)"
            yield single("GATHER", form, [shape, chosen], result, schema.GatherOptionsT(axis=axis))
        for depth in range(1, len(shape) + 1):
            chosen = np.stack([ints(extent - 1, 0, extent // 2) for extent in shape[:depth]], axis=-1)
            form = f"{text(shape)}, places along {depth} axes"
            yield single("GATHER_ND", form, [shape, chosen], (3, *shape[depth:]), schema.GatherNdOptionsT())


def scattered() -> Iterator[Case]:
    for columns in (1, 6):
        operands: list[Operand] = [ints(2, 0, 5)[:, None], (3, columns), ints(7, columns)]
        yield single("SCATTER_ND", f"3x{columns} into 7x{columns}", operands, (7, columns), schema.ScatterNdOptionsT())


def views() -> Iterator[Case]:
    for shape in ((7, 6), (5, 7, 6), (1, 8, 7, 6), (5, 8, 7, 6), (2, 3, 8, 7, 6)):
        orders = list(permutations(range(len(shape))))[1 :: 1 if len(shape) < 5 else 17]
        for order in orders:
            result = tuple(shape[axis] for axis in order)
            form = f"{text(shape)}, {list(order)}"
            yield single("TRANSPOSE", form, [shape, ints(*order)], result, schema.TransposeOptionsT())
    operands: list[Operand] = [numbers(5, 7, 6), ints(0, 2, 1)]
    yield single("TRANSPOSE", "constant 5x7x6", operands, (5, 6, 7), schema.TransposeOptionsT())
    targets: tuple[Shape, ...] = (
        (1680,), (40, 42), (5, 336), (5, 56, 6), (40, 7, 6), (1, 280, 6), (5, 8, 7, 6), (1, 40, 42, 1), (8, 5, 7, 6),
        (1, 1, 1, 1680), (1, 5, 8, 7, 6), (5, 2, 4, 7, 6),
    )  # fmt: skip
    for source, target in permutations(targets, 2):
        options = schema.ReshapeOptionsT(newShape=list(target))
        form = f"{text(source)} to {text(target)}"
        yield single("RESHAPE", form, [source, ints(*target)], target, options)
