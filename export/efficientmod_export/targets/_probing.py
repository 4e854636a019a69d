"""Common code of the probers: which values of a program can be read from a file, under which names, and how it is run.

For each value the artifact gets a further output. This keeps a runtime from fusing across it, so a fault that only
fusion causes may not appear while many values are probed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import fx

from efficientmod_export._stages import ModelFile, Sample, TensorSpec
from efficientmod_export.targets._program import output_names, output_nodes
from efficientmod_export.targets._runtime import Array, Configuration, Runtime, input_values
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ParityError

SAME_TIME_BYTES = 1 << 30  # of float32 values in memory at once


def extended(file: ModelFile, path: Path, names: Sequence[str]) -> ModelFile:
    """The description of a copy of `file` at `path` that has these values as further outputs."""
    extra = tuple(TensorSpec(name, (), "float32", "any") for name in names)
    return ModelFile(path, file.inputs, (*file.outputs, *extra))


def probe_run(runtime: Runtime, file: ModelFile, configuration: Configuration, sample: Sample) -> dict[str, Array]:
    """Run a file on a sample; every output by its name, with the axes in the file's order."""
    session = runtime.open(file, configuration)
    session.bind(input_values(file.inputs, sample))
    session.invoke()
    return dict(zip([spec.name for spec in file.outputs], session.results(), strict=True))


def names_in_file(program: Program) -> dict[fx.Node, str]:
    """Every node's name in the file that is made from the program: its own, or that of the output which it computes."""
    names = {node: node.name for node in program.graph.nodes if is_float(node)}
    return {**names, **dict(zip(output_nodes(program), output_names(program), strict=True))}


def visible_nodes(program: Program, names: dict[fx.Node, str], found: set[str], path: Path) -> tuple[fx.Node, ...]:
    """The nodes whose names are `found` in the file. Raises ParityError for a file of another program."""
    nodes = tuple(node for node in program.graph.nodes if names.get(node) in found)
    if not nodes or nodes[-1] not in output_nodes(program):
        raise another_program(path)
    return nodes


def another_program(path: Path) -> ParityError:
    """The error for a file that was made from another program than the one it is compared with."""
    return ParityError(
        f"{path.name} was not made from this program; export it again with the same checkpoint.",
        code="artifact_of_other_program",
    )


def at_once(nodes: Sequence[fx.Node]) -> int:
    """How many of these values fit into memory together, if all were as large as the largest."""
    largest: int = max(4 * node.meta["val"].numel() for node in nodes)
    return max(1, SAME_TIME_BYTES // largest)


def is_float(node: fx.Node) -> bool:
    """Whether a node computes a floating-point tensor."""
    value: Any = node.meta.get("val")
    return node.op == "call_function" and getattr(value, "is_floating_point", lambda: False)()
