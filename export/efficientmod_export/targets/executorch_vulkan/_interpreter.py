"""Vulkan programs run operator by operator in PyTorch, where their runtime does not exist: on any computer.

In float32 nothing is rounded. In float16 every value that the file declares float16 is rounded after the operator that
gives it, and sums are in float16 where the runtime's are (`sums_in_float16`). A program that breaks a row of the table
of what the runtime computes wrongly (`_runtime_limits`) is not run at all: what PyTorch computes of it says nothing of
a phone.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from efficientmod_export._stages import ModelFile
from efficientmod_export.parity import Float16Sums
from efficientmod_export.targets._runtime import Array, Configuration, check_count
from efficientmod_export.targets.executorch_vulkan._file import VulkanFile, read_file
from efficientmod_export.targets.executorch_vulkan._graph import Call, Graph, Several, Value
from efficientmod_export.targets.executorch_vulkan._kernels import KERNELS, MOVES
from efficientmod_export.targets.executorch_vulkan._runtime_conditions import sums_in_float16
from efficientmod_export.targets.executorch_vulkan._runtime_limits import broken_limits
from efficientmod_mobile.distribution import DISTRIBUTION
from efficientmod_mobile.errors import ConversionError, ParityError


class VulkanInterpreter:
    """Runs `.pte` files for Vulkan, in the arithmetic of the configuration."""

    title = f"Vulkan interpreter of {DISTRIBUTION}"
    distribution = DISTRIBUTION

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """Nothing: it runs wherever executorch is installed, which reads the file."""
        return None

    def prepare(self, threads: int | None) -> None:
        """Nothing to import: PyTorch is there, with its own threads."""

    def open(self, file: ModelFile, configuration: Configuration) -> "VulkanSession":
        """Load a file.

        Raises ParityError for a program that the runtime computes wrongly or does not load, ConversionError for one
        that is damaged or has operators that are unknown here; both name all that they found.
        """
        held = read_file(file.path)
        check_count(file.path, len(held.inputs), file.inputs)
        check_count(file.path, len(held.outputs), file.outputs)
        _audit(file.path.name, held.graph)
        return VulkanSession(held, rounds=configuration.compute_precision == "float16")


def _audit(name: str, graph: Graph) -> None:
    """Raise the errors of `open` for what is known of the program before it runs."""
    try:
        broken = broken_limits(graph)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ConversionError(
            f"{name} has an operator with impossible arguments; export it again.", code="loading_failed"
        ) from error
    if broken:
        raise ParityError(
            f"{name} is not computed right by ExecuTorch's Vulkan runtime: {'; '.join(broken)}.", code="wrong_result"
        )
    unknown = sorted({call.name for call in graph.calls if call.name not in KERNELS})
    if unknown:
        raise ConversionError(
            f"{name} has operators that are not interpreted: {', '.join(unknown)}; what the Vulkan runtime computes "
            f"of it is not known.",
            code="unsupported_program",
        )


class VulkanSession:
    """A loaded program."""

    threads: int | None = None

    def __init__(self, file: VulkanFile, *, rounds: bool) -> None:
        self._file = file
        self._rounds = rounds
        self._last_reader = _last_readers(file.graph)
        self._feed: dict[int, Tensor] = {}
        self._values: Mapping[int, Tensor] = {}

    def bind(self, inputs: Sequence[Array]) -> None:
        """Keep the inputs for the next call, as the file declares them."""
        given = zip(self._file.inputs, inputs, strict=True)
        self._feed = {place: self._declared(place, torch.from_numpy(values).clone()) for place, values in given}

    def invoke(self) -> None:
        """Run the program; a value is let go as soon as no later operator reads it."""
        graph = self._file.graph
        values = {place: _carried(data) for place, data in graph.constants.items()} | self._feed
        with torch.no_grad():
            for call in graph.calls:
                with self._arithmetic(call):
                    results = _run(graph, call, values)
                for place, result in zip(graph.results(call), results, strict=True):
                    values[place] = result if call.name in MOVES else self._declared(place, result)
                for place in self._last_reader.get(call.index, ()):
                    values.pop(place, None)
        self._values = values

    def results(self) -> tuple[Array, ...]:
        """The outputs in the artifact's order, float32."""
        return tuple(np.array(self._values[place].float().numpy()) for place in self._file.outputs)

    def _arithmetic(self, call: Call) -> AbstractContextManager[Any]:
        """How the products of a call are added."""
        if self._rounds and sums_in_float16(self._file.graph, call):
            return Float16Sums()  # type: ignore[no-untyped-call]  # torch has no annotation there
        return nullcontext()

    def _declared(self, place: int, value: Tensor) -> Tensor:
        """A value rounded as the file declares it, carried as float32."""
        rounds = self._rounds and self._file.graph.values[place].dtype == torch.float16
        return value.half().float() if rounds else _carried(value)


def _carried(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _last_readers(graph: Graph) -> dict[int, list[int]]:
    """The values that are read by an operator for the last time, by the operator's index."""
    last: dict[int, int] = {}
    for call in graph.calls:
        for argument in call.arguments:
            value = graph.values[argument]
            last.update(dict.fromkeys(value.places if isinstance(value, Several) else (argument,), call.index))
    found: dict[int, list[int]] = {}
    for place, index in last.items():
        if place not in graph.outputs:
            found.setdefault(index, []).append(place)
    return found


def _run(graph: Graph, call: Call, values: Mapping[int, Tensor]) -> tuple[Tensor, ...]:
    """What an operator gives, checked against the shapes that the file declares."""
    try:
        result = KERNELS[call.name](*(_argument(graph, place, values) for place in call.arguments))
    except Exception as error:
        # Nearly anything can come out of a kernel whose arguments a damaged file chose.
        raise ConversionError(
            f"Operator {call.index}, {graph.text(call)}, cannot be run: {error}", code="operator_failed"
        ) from error
    results = tuple(result) if isinstance(result, tuple | list) else (result,)
    declared = [graph.values[place] for place in graph.results(call)]
    if [tuple(given.shape) for given in results] != [value.shape for value in declared]:
        shapes = ", ".join(str(tuple(given.shape)) for given in results)
        raise ConversionError(
            f"Operator {call.index}, {graph.text(call)}, gave {shapes}; the file is damaged.",
            code="inconsistent_program",
        )
    return results


def _argument(graph: Graph, place: int, values: Mapping[int, Tensor]) -> Any:
    value = graph.values[place]
    if isinstance(value, Several):
        return [_argument(graph, item, values) for item in value.places]
    return values[place] if isinstance(value, Value) else value
