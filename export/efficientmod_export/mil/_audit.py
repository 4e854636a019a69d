"""Whether a program's values fit into float16: each operator's largest value and largest partial sum, worst first.

Two limits. 65504 is the largest float16 number. At 2^15, below it, matrix products on the Neural Engine were measured
to become infinite (the ANEForge project, "matmul saturates at fp16_max/2", on an M5); third parties report the same for
convolutions of more than one tap. Apple documents neither.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from efficientmod_export.mil._graph import Operation
from efficientmod_export.mil._partial_sums import largest_sum
from efficientmod_export.mil._program import MILProgram

FLOAT16_LARGEST = 65504.0
SATURATION = 2.0**15

_PRODUCTS = {"einsum", "linear", "matmul", "scaled_dot_product_attention"}
_CONVOLUTIONS = {"conv", "conv_transpose"}


@dataclass(frozen=True)
class OperatorRange:
    """The largest values of one operator over all inputs.

    `position` counts the program's operators from 0. `largest` is the largest absolute value among its outputs and
    `partial_sum` the largest intermediate sum in any order of its additions, None where it has no sums; both in float32
    arithmetic. `saturates_at` is the limit for its sums.
    """

    position: int
    operation: Operation
    largest: float
    partial_sum: float | None
    saturates_at: float

    @property
    def load(self) -> float:
        """The larger of the two values, each as a fraction of its limit; above 1 it does not fit."""
        return max(self.largest / FLOAT16_LARGEST, (self.partial_sum or 0.0) / self.saturates_at)

    @property
    def overflows(self) -> bool:
        """Whether an output cannot be stored in float16."""
        return not self.largest <= FLOAT16_LARGEST

    @property
    def saturates(self) -> bool:
        """Whether a partial sum can exceed its limit, even if the whole sum does not."""
        return self.partial_sum is not None and not self.partial_sum <= self.saturates_at


def _saturates_at(operation: Operation, inputs: Mapping[str, Any]) -> float:
    taps = math.prod(inputs["weight"].shape[2:]) if operation.kind in _CONVOLUTIONS else 1
    return SATURATION if operation.kind in _PRODUCTS or taps > 1 else FLOAT16_LARGEST


class _Ranges:
    """Observes one program over several predictions."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        self._positions = positions
        self.worst: dict[int, OperatorRange] = {}

    def observe(self, operation: Operation, inputs: Mapping[str, Any], outputs: tuple[Any, ...]) -> None:
        values = [output for output in outputs if isinstance(output, Tensor) and output.is_floating_point()]
        if not any(value.numel() for value in values):
            return
        position = self._positions[operation.outputs[0].name]
        largest = max(value.abs().max().item() for value in values if value.numel())
        now = OperatorRange(
            position, operation, largest, largest_sum(operation.kind, inputs), _saturates_at(operation, inputs)
        )
        before = self.worst.get(position)
        self.worst[position] = now if before is None else _joined(before, now)


def _joined(first: OperatorRange, second: OperatorRange) -> OperatorRange:
    sums = [held.partial_sum for held in (first, second) if held.partial_sum is not None]
    return OperatorRange(
        first.position,
        first.operation,
        max(first.largest, second.largest),
        max(sums) if sums else None,
        first.saturates_at,
    )


def audit_float16(program: MILProgram, samples: Iterable[Mapping[str, Any]]) -> tuple[OperatorRange, ...]:
    """The range of every operator with float outputs over `samples` (inputs of `predict`), the highest load first.

    Run in float32, whatever arithmetic `program` has, so that the size of an overflow is measured. The first
    operator that overflows is the one of least `position` among those that do.
    """
    exact = program.with_arithmetic("float32")
    operations = exact.function.operations
    ranges = _Ranges({operation.outputs[0].name: i for i, operation in enumerate(operations) if operation.outputs})
    for sample in samples:
        exact.predict(sample, observer=ranges.observe)
    return tuple(sorted(ranges.worst.values(), key=lambda held: (-held.load, held.position)))
