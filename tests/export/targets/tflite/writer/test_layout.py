"""The algebra of layouts, against NumPy: a view must show what transposing and reshaping the array would."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from efficientmod_export.targets.tflite.writer import _layout as layout
from efficientmod_export.targets.tflite.writer._layout import Value
from efficientmod_export.targets.tflite.writer.lowering import _broadcast


def seen(data: np.ndarray, value: Value) -> np.ndarray:
    """The logical array that a value shows of the elements in memory."""
    return data.reshape(value.physical).transpose([value.layout.index(axis) for axis in range(len(value.layout))])


def moved(data: np.ndarray, value: Value, target: tuple[int, ...]) -> tuple[np.ndarray, Value]:
    """What TRANSPOSE does to the memory, and the value in its new layout."""
    order = layout.order_between(value.layout, target)
    array = data.reshape(value.physical).transpose(order)
    return array.reshape(-1), Value(0, array.shape, target)


@st.composite
def values(draw: st.DrawFn) -> Value:
    shape = draw(st.lists(st.sampled_from([1, 1, 2, 3, 4, 6]), min_size=1, max_size=5))
    return Value(0, tuple(shape), tuple(draw(st.permutations(range(len(shape))))))


@given(values(), st.data())
def test_a_reshape_is_a_view_in_the_layout_that_is_asked_for(value: Value, data: st.DataObject) -> None:
    memory = np.arange(value.size)
    target = tuple(data.draw(st.permutations(_split(value.size, data))))
    expected = seen(memory, value).reshape(target)
    memory, arranged = moved(memory, value, layout.layout_for_reshape(value, target))
    result = layout.reshaped(arranged, target)
    assert result.shape == target
    np.testing.assert_array_equal(seen(memory, result), expected)


def _split(size: int, data: st.DataObject) -> list[int]:
    factors = []
    while size > 1:
        factor = data.draw(st.sampled_from([f for f in range(2, size + 1) if size % f == 0]))
        factors.append(factor)
        size //= factor
    return factors + [1] * data.draw(st.integers(0, 2))


@given(values(), st.data())
def test_a_transpose_is_a_view(value: Value, data: st.DataObject) -> None:
    order = tuple(data.draw(st.permutations(range(len(value.layout)))))
    memory = np.arange(value.size)
    np.testing.assert_array_equal(seen(memory, layout.permuted(value, order)), seen(memory, value).transpose(order))


@given(values(), st.data())
def test_the_fewest_axes_move_the_same_elements(value: Value, data: st.DataObject) -> None:
    order = tuple(data.draw(st.permutations(range(len(value.physical)))))
    shape, fewer = layout.merged(value.physical, order)
    memory = np.arange(value.size)
    expected = memory.reshape(value.physical).transpose(order).reshape(-1)
    np.testing.assert_array_equal(memory.reshape(shape or (1,)).transpose(fewer or (0,)).reshape(-1), expected)
    assert len(shape) <= sum(extent != 1 for extent in value.physical)


@given(values(), st.data())
def test_only_a_layout_that_changes_nothing_is_free(value: Value, data: st.DataObject) -> None:
    target = tuple(data.draw(st.permutations(range(len(value.layout)))))
    memory = np.arange(value.size)
    after, _ = moved(memory, value, target)
    assert layout.moves(value, target) == (after != memory).any()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ((2, 5, 12), (0, 2, 1)),
        ((2, 5, 3, 4), (0, 2, 3, 1)),
        ((2, 1, 5, 12), (0, 1, 3, 2)),
        ((10, 3, 4), None),
    ],
)
def test_images_flatten_without_moving(target: tuple[int, ...], expected: tuple[int, ...] | None) -> None:
    """(N, C, H, W) as NHWC becomes (N, C, HW) as (N, HW, C); only merging N with C needs another order."""
    image = Value(0, (2, 3, 4, 5), layout.NHWC)
    if expected is None:
        assert layout.layout_for_reshape(image, target) != image.layout
    else:
        assert layout.layout_for_reshape(image, target) == image.layout
        assert layout.reshaped(image, target).layout == expected


def test_collapsing_merges_neighbours_of_a_kind() -> None:
    assert layout.collapsed((2, 3, 4, 5, 6), frozenset({1, 2, 4})) == ((2, 12, 5, 6), frozenset({1, 3}))


def test_the_common_layout_of_many_values_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Counter[layout.Layout]()

    def moves(value: Value, target: layout.Layout) -> bool:
        asked[target] += 1
        return layout.moves(value, target)

    monkeypatch.setattr(_broadcast, "moves", moves)
    images = [Value(0, (1, 4, 5, 3), layout.NHWC) for _ in range(200)]
    rows = [Value(0, (1, 2, 4, 5), layout.natural(4)) for _ in range(100)]
    assert _broadcast.common_layout([*rows, *images], 4) == layout.NHWC
    assert asked.total() == 3 * 300
