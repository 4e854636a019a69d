"""Random chains of operators that move, merge, broadcast and reduce axes: layouts must never be seen from outside."""

from collections.abc import Callable
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
import onnx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

Check = Callable[..., Any]


class Chain:
    """A graph that grows by one operator at a time, always on its newest value."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.inputs = [shape]
        self.shapes = {"x0": shape}
        self.last = "x0"
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.random = np.random.default_rng(0)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[self.last]

    def add(self, operator: str, inputs: list[str], shape: tuple[int, ...], **attributes: Any) -> None:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        self.shapes[name] = shape
        self.last = name

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def weights(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape).astype(np.float32))


def transpose(chain: Chain, data: st.DataObject) -> None:
    perm = data.draw(st.sampled_from(list(permutations(range(len(chain.shape))))))
    chain.add("Transpose", [chain.last], tuple(chain.shape[axis] for axis in perm), perm=perm)


def reshape(chain: Chain, data: st.DataObject) -> None:
    left, target = prod(chain.shape), []
    while left > 1 and len(target) < 4:
        factor = data.draw(st.sampled_from([f for f in range(2, left + 1) if left % f == 0]))
        target.append(factor)
        left //= factor
    target = data.draw(st.permutations([*target, left] if left > 1 else [*target, 1]))
    chain.add("Reshape", [chain.last, chain.constant(np.asarray(target, np.int64))], tuple(target))


def activate(chain: Chain, data: st.DataObject) -> None:
    chain.add(data.draw(st.sampled_from(["Relu", "Tanh", "HardSwish"])), [chain.last], chain.shape)


def broadcast(chain: Chain, data: st.DataObject) -> None:
    """With a constant that has some of the axes, or with an earlier value of a shape that fits."""
    fitting = [name for name, shape in chain.shapes.items() if shape == chain.shape and name != chain.last]
    if fitting and data.draw(st.booleans()):
        other = data.draw(st.sampled_from(fitting))
    else:
        kept = data.draw(st.lists(st.booleans(), min_size=len(chain.shape), max_size=len(chain.shape)))
        other = chain.weights(*(extent if keep else 1 for extent, keep in zip(chain.shape, kept, strict=True)))
    chain.add(data.draw(st.sampled_from(["Add", "Sub", "Mul"])), [chain.last, other], chain.shape)


def centre(chain: Chain, data: st.DataObject) -> None:
    """Add the mean over some axes; to subtract it could leave nothing but rounding errors."""
    axes = data.draw(st.sets(st.integers(0, len(chain.shape) - 1), min_size=1))
    source, shape = chain.last, chain.shape
    mean = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
    chain.add("ReduceMean", [source, chain.constant(np.asarray(sorted(axes), np.int64))], mean)
    chain.add("Add", [source, chain.last], shape)


def product(chain: Chain, data: st.DataObject) -> None:
    if len(chain.shape) > 1:
        outputs = data.draw(st.sampled_from([2, 6]))
        chain.add("MatMul", [chain.last, chain.weights(chain.shape[-1], outputs)], (*chain.shape[:-1], outputs))


def convolve(chain: Chain, data: st.DataObject) -> None:
    if len(chain.shape) == 4:
        size = data.draw(st.sampled_from([1, 3]))
        outputs, pads = data.draw(st.sampled_from([2, 6])), [size // 2] * 4
        weight = chain.weights(outputs, chain.shape[1], size, size)
        chain.add("Conv", [chain.last, weight], (chain.shape[0], outputs, *chain.shape[2:]), pads=pads)


def cut(chain: Chain, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(chain.shape) - 1))
    extent = chain.shape[axis]
    start = data.draw(st.integers(0, extent - 1))
    stop = data.draw(st.integers(start + 1, extent))
    bounds = [chain.constant(np.asarray([item], np.int64)) for item in (start, stop, axis)]
    shape = (*chain.shape[:axis], stop - start, *chain.shape[axis + 1 :])
    chain.add("Slice", [chain.last, *bounds], shape)


def soften(chain: Chain, data: st.DataObject) -> None:
    chain.add("Softmax", [chain.last], chain.shape, axis=data.draw(st.integers(0, len(chain.shape) - 1)))


def join(chain: Chain, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(chain.shape) - 1))
    shape = (*chain.shape[:axis], 2 * chain.shape[axis], *chain.shape[axis + 1 :])
    if prod(shape) < 2000:
        chain.add("Concat", [chain.last, chain.last], shape, axis=axis)


STEPS = [transpose, reshape, activate, broadcast, centre, product, convolve, cut, soften, join]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_random_graph(check_graph: Check, data: st.DataObject) -> None:
    chain = Chain(data.draw(st.sampled_from([(1, 3, 4, 6), (2, 3, 4, 5), (1, 6, 8), (4, 6)])))
    for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=9)):
        step(chain, data)
    if chain.nodes:
        check_graph(chain.nodes, chain.inputs, chain.constants, [chain.last], tolerance=2e-5)
