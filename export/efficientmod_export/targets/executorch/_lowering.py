"""ExecuTorch's way from a program to a file, for any of its backends."""

from typing import Any

from efficientmod_export.foreign import executorch_shortcuts, torch_shortcuts
from efficientmod_export.targets._program import export
from efficientmod_mobile.deploy import Program


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
