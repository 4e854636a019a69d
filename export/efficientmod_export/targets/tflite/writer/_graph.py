"""The network between ONNX and TFLite: nodes on named values with static shapes.

It uses ONNX's operators, attributes, value names and NCHW shapes, with three differences. Every value has a static
shape. Constants are NumPy arrays beside the nodes. And `Node.operator` may be one of a few further operators, which the
rewrites introduce: "Linear" (x @ weight.T + bias, weight (O, I)), "Cut" (a slice with bounds for every axis),
"GroupNormalize" (without an affine), "Rsqrt".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Array = NDArray[np.generic]
Attribute = int | float | str | Array | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class TensorType:
    """The static shape of a value and its NumPy element type."""

    shape: Shape
    dtype: np.dtype[np.generic]


@dataclass(eq=False)
class Node:
    """One operator; an absent optional input is the empty name, as in ONNX."""

    operator: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Attribute] = field(default_factory=dict)
    name: str = ""

    def input(self, index: int) -> str:
        """Name of an input, empty where it is absent."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def ints(self, name: str, default: Sequence[int] = ()) -> tuple[int, ...]:
        """An attribute that is a list of integers."""
        value = self.attributes.get(name, tuple(default))
        return tuple(int(item) for item in value) if isinstance(value, tuple) else tuple(default)

    def number(self, name: str, default: float) -> float:
        """An attribute that is one integer or float."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, int | float) else default


class Graph:
    """Nodes in topological order, constants and types by value name.

    The readers of each value and the node that writes it are stored in maps, which every method updates.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        inputs: Sequence[str],
        outputs: Sequence[str],
        types: Mapping[str, TensorType],
        constants: Mapping[str, Array],
        opset: int,
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = list(outputs)
        self.types = dict(types)
        self.constants = dict(constants)
        self.opset = opset
        self.nodes: list[Node] = []
        self._writer: dict[str, Node] = {}
        self._readers: dict[str, list[Node]] = {}
        self.replace_nodes(nodes)
        self._fresh: Counter[str] = Counter()

    def _enter(self, node: Node) -> None:
        for name in node.inputs:
            if name:
                self._readers.setdefault(name, []).append(node)

    def shape(self, name: str) -> Shape:
        """Static shape of a value or constant."""
        return self.constants[name].shape if name in self.constants else self.types[name].shape

    def dtype(self, name: str) -> np.dtype[np.generic]:
        """Element type of a value or constant."""
        return self.constants[name].dtype if name in self.constants else self.types[name].dtype

    def type(self, name: str) -> TensorType | None:
        """Type of a value or constant, where it is known."""
        array = self.constants.get(name)
        return self.types.get(name) if array is None else TensorType(array.shape, array.dtype)

    def constant(self, name: str) -> Array | None:
        """The array of a constant; None for a value that is computed and for an absent input."""
        return self.constants.get(name)

    def writer(self, name: str, operator: str | None = None) -> Node | None:
        """The node that computes a value, if it has that operator."""
        node = self._writer.get(name)
        return node if node is not None and operator in (None, node.operator) else None

    def readers(self, name: str) -> list[Node]:
        """The nodes that read a value, once per use."""
        return self._readers.get(name, [])

    def only_reader(self, name: str, operator: str | None = None) -> Node | None:
        """The node that reads a value, if it is the only use and has that operator."""
        readers = self.readers(name)
        if len(readers) != 1 or name in self.outputs or operator not in (None, readers[0].operator):
            return None
        return readers[0]

    def is_private(self, name: str) -> bool:
        """Whether a value has exactly one use, so that it may be changed or removed with its reader."""
        return self.only_reader(name) is not None

    def fresh(self, stem: str) -> str:
        """A value name that is not in use."""
        while True:
            self._fresh[stem] += 1
            name = f"{stem}/{self._fresh[stem]}"
            if name not in self.types and name not in self.constants:
                return name

    def add_constant(self, array: Array, stem: str) -> str:
        """Add a constant and return its name."""
        name = self.fresh(stem)
        self.constants[name] = array
        return name

    def add(self, before: Node, operator: str, inputs: Sequence[str], shape: Shape, **attributes: Attribute) -> str:
        """Insert a node of one float output before another and return the output's name."""
        output = self.fresh(before.outputs[0])
        node = Node(operator, list(inputs), [output], dict(attributes), f"{before.name}/{operator}")
        self.types[output] = TensorType(shape, self.dtype(inputs[0]))
        self.nodes.insert(self.nodes.index(before), node)
        self._writer[output] = node
        self._enter(node)
        return output

    def add_reshape(self, before: Node, source: str, shape: Shape) -> str:
        """Insert a Reshape before a node and return its output's name."""
        return self.add(before, "Reshape", [source, self._target(shape, source)], shape)

    def become_reshape(self, node: Node, source: str) -> None:
        """Turn a node into a Reshape of another value to the shape that its own output has."""
        output = node.outputs[0]
        self.become(node, "Reshape", [source, self._target(self.shape(output), output)])

    def _target(self, shape: Shape, stem: str) -> str:
        return self.add_constant(np.asarray(shape, np.int64), f"{stem}/shape")

    def become(self, node: Node, operator: str, inputs: Sequence[str], **attributes: Attribute) -> None:
        """Turn a node into another that computes the same outputs."""
        for name in node.inputs:
            if name:
                self._readers[name].remove(node)
        node.operator, node.inputs, node.attributes = operator, list(inputs), dict(attributes)
        self._enter(node)

    def remove(self, node: Node) -> None:
        """Remove a node; its outputs must have no use."""
        self.nodes.remove(node)
        for name in node.inputs:
            if name:
                self._readers[name].remove(node)
        for output in node.outputs:
            self._writer.pop(output, None)

    def bypass_possible(self, node: Node, source: str) -> bool:
        """Whether `bypass` can be done."""
        return node.outputs[0] not in self.outputs or (source in self._writer and source not in self.outputs)

    def bypass(self, node: Node, source: str) -> bool:
        """Make the readers of a node's only output read `source` instead, and remove the node.

        A graph output keeps its name: then the node that writes `source` writes the output's name instead. Returns
        False without a change where that is impossible (the source is an input, a constant or itself an output).
        """
        (output,) = node.outputs
        if not self.bypass_possible(node, source):
            return False
        if output in self.outputs:
            writer = self._writer[source]
            self.remove(node)
            writer.outputs[writer.outputs.index(source)] = output
            self._writer[output] = writer
            del self._writer[source]
            self._move_readers(source, output)
            return True
        self._move_readers(output, source)
        self.remove(node)
        return True

    def rename_uses(self, old: str, new: str) -> None:
        """Make all readers of one value read another; a graph output becomes an Identity of it, to keep its name."""
        if old in self.outputs:
            node = self._writer[old]
            unused = self.fresh(f"{old}/unused")
            node.outputs = [unused if name == old else name for name in node.outputs]
            self.types[unused] = self.types[old]
            identity = Node("Identity", [new], [old], {}, f"{node.name}/Identity")
            self.nodes.insert(self.nodes.index(node) + 1, identity)
            self._writer[old] = identity
            self._enter(identity)
        self._move_readers(old, new)

    def _move_readers(self, old: str, new: str) -> None:
        for reader in self._readers.pop(old, []):
            reader.inputs = [new if name == old else name for name in reader.inputs]
            self._readers.setdefault(new, []).append(reader)

    def replace_nodes(self, nodes: Iterable[Node]) -> None:
        """Replace all nodes by these, in this order."""
        self.nodes = list(nodes)
        self._writer = {output: node for node in self.nodes for output in node.outputs}
        self._readers = {}
        for node in self.nodes:
            self._enter(node)

    def sweep(self) -> None:
        """Remove the nodes that no output needs, and the constants that no node reads."""
        needed = set(self.outputs)
        kept = []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                kept.append(node)
                needed.update(name for name in node.inputs if name)
        self.replace_nodes(kept[::-1])
        self.constants = {name: array for name, array in self.constants.items() if name in needed}
