"""ExecuTorch for XNNPACK, the CPU backend that runs on every phone.

`torch.export` -> edge dialect, partitioned for XNNPACK -> `.pte`. What stayed outside the delegates is read from the
finished file's own execution plan, so that it also shows the copies that the lowering added.
"""

from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from efficientmod_export._stages import Artifact, ConversionOptions, Interface, Outputs, Precision, Runner, TensorSpec
from efficientmod_export.foreign import converting, loading
from efficientmod_export.targets._program import check_count, interface_of, write_file
from efficientmod_export.targets._target import check_precision, demand, register
from efficientmod_export.targets.executorch._lowering import assemble, lower
from efficientmod_mobile.deploy import Program

# ExecuTorch promises that a runtime reads older files, not newer ones; so the least runtime is the one that wrote it.
EXECUTORCH = "executorch"
METHOD = "forward"


@dataclass(frozen=True)
class LoweredPte:
    """A `.pte` in memory, how many delegates it calls, and the operators outside them with their counts."""

    data: bytes
    delegates: int
    outside: tuple[str, ...]


@register
class ExecutorchBackend:
    """`model.pte`, float32; takes the normalised image (1, 3, H, W).

    `runtime` is what the manifest calls it, `delegate` the part of ExecuTorch's runtime that the file needs.
    """

    target = "executorch"
    runtime = "ExecuTorch"
    delegate = "XnnpackBackend"
    precisions: tuple[Precision, ...] = ("fp32",)
    ios_versions: tuple[int, ...] = ()
    filename = "model.pte"
    requires: tuple[tuple[str, str], ...] = ((EXECUTORCH, "executorch"),)

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Lower and write."""
        check_precision(self, options)
        demand(self)
        path = folder / self.filename
        with converting(self.target):
            lowered = self.lower(program)
            write_file(path, lowered.data)
        interface = interface_of(self, program, options)
        return Artifact(
            target=self.target,
            path=path,
            precision=options.precision,
            runtime=self.runtime,
            least_runtime=metadata.version(EXECUTORCH),
            inputs=interface.inputs,
            outputs=interface.outputs,
            delegates=lowered.delegates,
            outside=lowered.outside,
        )

    def lower(self, program: Program) -> LoweredPte:
        """What `convert` writes."""
        return lower_to_pte(program)

    def interface(self, network: Interface) -> Interface:
        """The network's own."""
        return network

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner | None:
        """Run with ExecuTorch's own runtime, the C++ code that phones run; None where it lacks the delegate."""
        demand(self)
        return pte_runner(path, inputs, outputs, self.delegate)


def lower_to_pte(program: Program) -> LoweredPte:
    """Lower a float32 program for XNNPACK."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return partitioned_pte(program, XnnpackPartitioner())


def partitioned_pte(program: Program, partitioner: Any) -> LoweredPte:
    """The `.pte` of a program whose parts one of ExecuTorch's partitioners cuts out and lowers."""
    finished = assemble(lower(program, partitioner))
    delegates, outside = inventory(finished.executorch_program.execution_plan[0])
    return LoweredPte(bytes(finished.buffer), delegates, outside)


def pte_runner(
    path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], delegate: str
) -> Runner | None:
    """Run a `.pte` that calls `delegate`; None where this machine's ExecuTorch is built without it."""
    from executorch.runtime import Runtime

    if not Runtime.get().backend_registry.is_available(delegate):
        return None
    with loading(path):
        program = load_pte(path.read_bytes())
        method = program.metadata(METHOD)
    check_count(path, method.num_inputs(), inputs)
    check_count(path, method.num_outputs(), outputs)
    return lambda sample: run_pte(program, sample.tensor)


def load_pte(data: bytes) -> Any:
    """A `.pte` in ExecuTorch's runtime; it keeps `data`, which its methods read while they run."""
    from executorch.runtime import Runtime

    return Runtime.get().load_program(data)


def run_pte(program: Any, x: NDArray[np.float32]) -> Outputs:
    """Execute on one input (1, 3, H, W)."""
    outputs = program.load_method(METHOD).execute([torch.from_numpy(x)])
    # The runtime's outputs are views of memory that the next execution overwrites.
    return tuple(np.array(output.numpy()) for output in outputs)


def inventory(plan: Any) -> tuple[int, tuple[str, ...]]:
    """Delegate calls, and kernel calls by operator name as in "native_layer_norm x41", the most frequent first."""
    calls = [instruction.instr_args for chain in plan.chains for instruction in chain.instructions]
    names = [plan.operators[call.op_index].name.removeprefix("aten::") for call in calls if hasattr(call, "op_index")]
    outside = tuple(f"{name} x{count}" for name, count in Counter(names).most_common())
    return sum(hasattr(call, "delegate_index") for call in calls), outside
