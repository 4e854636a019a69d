"""Samples on which rounding alone decides what a network gives.

A network that compares numbers gives a best place, or the maxima of their neighbourhoods. Where such numbers are equal
but for rounding, as on the flat parts of drawn pictures, PyTorch itself gives something else when the picture changes
by as much as rounding does:

    x'  =  x + s,   |s| = 2^-20 max |x|, of either sign

In a second run what it sorts is moved as well, since equal numbers, such as the zeros around maxima, have no order of
their own. Nothing can be proven on such a sample, so it is left out of the proof, unless too few are left.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from efficientmod_export._reference import run_network
from efficientmod_export._stages import Outputs, Sample
from efficientmod_export.parity import compare, reference_ranges, torch_inputs
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import shortened

MOVE = 2.0**-20
CHANGED = 1e-3
"""Of an output's range: a thousand times what a well-conditioned network makes of such a move."""

_ORDERS = {
    torch.ops.aten.topk.default,
    torch.ops.aten.sort.default,
    torch.ops.aten.sort.stable,
    torch.ops.aten.argsort.default,
    torch.ops.aten.kthvalue.default,
    torch.ops.aten.median.dim,
}

LEAST = 2
"""Of samples that are proven."""


@dataclass(frozen=True)
class Undecided:
    """Samples, and by how much of its range an output of theirs changes."""

    names: tuple[str, ...]
    change: float

    @property
    def told(self) -> str:
        """The samples and the reason, in a sentence."""
        return (
            f"PyTorch's own outputs for {shortened(self.names)} change by {self.change:.2g} of their range where "
            "its input and what it sorts change by 1e-6, so that rounding decides them"
        )


def undecided_samples(module: nn.Module, samples: Sequence[Sample], references: Sequence[Outputs]) -> Undecided | None:
    """The samples whose outputs the move changes; None where there are none."""
    ranges = reference_ranges(references)
    changes = {
        sample.name: _change(module, sample, outputs, ranges)
        for sample, outputs in zip(samples, references, strict=True)
    }
    found = {name: change for name, change in changes.items() if change > CHANGED}
    return Undecided(tuple(found), max(found.values())) if found else None


def decided(
    samples: Sequence[Sample], references: Sequence[Outputs], undecided: Undecided
) -> tuple[tuple[Sample, ...], tuple[Outputs, ...]] | None:
    """The samples without these, and their references; None where too few would be left."""
    kept = [pair for pair in zip(samples, references, strict=True) if pair[0].name not in undecided.names]
    if len(kept) < LEAST:
        return None
    return tuple(sample for sample, _ in kept), tuple(outputs for _, outputs in kept)


def _change(module: nn.Module, sample: Sample, outputs: Outputs, ranges: Sequence[float]) -> float:
    """The largest of any output, as a part of its range; 0 where the network does not run on the moved sample."""
    changes = [0.0]
    for seed, orders in enumerate((nullcontext, _MovedOrders)):
        generator = torch.Generator().manual_seed(seed)
        inputs = [_moved(x, generator) for x in torch_inputs(sample)]
        try:
            with orders(generator):
                moved, _ = run_network(module, inputs)
        except ConversionError:
            continue
        changes += [metrics.max_relative_error for metrics in compare(outputs, moved, ranges).outputs]
    return max(changes)


def _moved(x: Tensor, generator: torch.Generator) -> Tensor:
    if not x.is_floating_point():
        return x
    sign = torch.randint(0, 2, x.shape, generator=generator).to(x.dtype) * 2 - 1
    size = float(x[x.isfinite()].abs().max()) if bool(x.isfinite().any()) else 0.0
    return x + sign * MOVE * (size or 1.0)


class _MovedOrders(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no annotation there
    """Moves what operators sort."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = generator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator."""
        if func in _ORDERS and args[0].numel():
            args = (_moved(args[0], self._generator), *args[1:])
        return func(*args, **(kwargs or {}))
