"""ExecuTorch's way from a program to a file, for any of its backends."""

from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from efficientmod_export.foreign import executorch_shortcuts, torch_shortcuts
from efficientmod_export.targets._program import export
from efficientmod_mobile.deploy import Program


@dataclass(frozen=True)
class LoweredPte:
    """A `.pte` in memory, how many delegates it calls, the operators outside them with their counts, and the kernels
    that these call, as in "aten::sort.values".
    """

    data: bytes
    delegates: int
    outside: tuple[str, ...]
    kernels: tuple[str, ...]


def partitioned_pte(program: Program, partitioner: Any) -> LoweredPte:
    """The `.pte` of a program whose parts one of ExecuTorch's partitioners cuts out and lowers."""
    finished = assemble(lower(program, partitioner))
    plan = finished.executorch_program.execution_plan[0]
    delegates, outside = inventory(plan)
    return LoweredPte(bytes(finished.buffer), delegates, outside, tuple(map(_kernel, plan.operators)))


def _kernel(operator: Any) -> str:
    return f"{operator.name}.{operator.overload}" if operator.overload else str(operator.name)


def lower(program: Program, partitioner: Any) -> Any:
    """ExecuTorch's `EdgeProgramManager` for a float32 program, its parts lowered as `partitioner` cuts them."""
    from executorch.exir import EdgeCompileConfig, to_edge_transform_and_lower

    with torch_shortcuts(), executorch_shortcuts():
        config = EdgeCompileConfig(_check_ir_validity=False)  # what is proven in the end is the file
        return to_edge_transform_and_lower(export(program), partitioner=[partitioner], compile_config=config)


def assemble(edge: Any) -> Any:
    """ExecuTorch's `ExecutorchProgramManager` for what `lower` gave: the file in memory."""
    with torch_shortcuts(), executorch_shortcuts():
        return edge.to_executorch()


def inventory(plan: Any) -> tuple[int, tuple[str, ...]]:
    """Delegate calls, and kernel calls by operator name as in "native_layer_norm x41", the most frequent first."""
    calls = [instruction.instr_args for chain in plan.chains for instruction in chain.instructions]
    names = [plan.operators[call.op_index].name.removeprefix("aten::") for call in calls if hasattr(call, "op_index")]
    outside = tuple(f"{name} x{count}" for name, count in Counter(names).most_common())
    return sum(hasattr(call, "delegate_index") for call in calls), outside


def is_whole(plan: Any) -> bool:
    """Whether an execution plan is a single call of a single delegate."""
    calls = [instruction.instr_args for chain in plan.chains for instruction in chain.instructions]
    return len(plan.delegates) == len(calls) == 1 and hasattr(calls[0], "delegate_index")


def executorch_version() -> str:
    """The version that writes, and the least that reads: a runtime reads older files, and promises nothing of newer."""
    return metadata.version("executorch")
