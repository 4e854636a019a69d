"""ExecuTorch with Core ML: the whole network in one delegate, which contains an ML program.

It takes the normalised image like every `.pte`, and not the picture as the target coreml does. ExecuTorch states no
output type, so the outputs of a float16 program are float16; its runtime converts them to the float32 that the `.pte`
declares. Only a network that Core ML runs as a whole is converted: parts could not be proven without a Mac.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import fx

from efficientmod_export._stages import ConversionOptions, Precision
from efficientmod_export.foreign import coremltools_shortcuts, integer_quotients, joined_floats, tanh_gelu
from efficientmod_export.mil import MODULES_KEY, handle_table
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.coreml._axes import check_axes
from efficientmod_export.targets.coreml._convert import COMPUTE_PRECISIONS
from efficientmod_export.targets.coreml._mlpackage import edit_package
from efficientmod_export.targets.executorch._lowering import assemble, executorch_version, inventory, is_whole, lower
from efficientmod_export.targets.executorch_coreml._inner_package import finish
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError

IOS_VERSIONS = (16, 17, 18)
"""The iOS versions that ExecuTorch's partitioner supports."""


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Lower the program, finish the package inside, and write the file."""
    check_axes(program)
    finished = assemble(lower_for_coreml(program, options.ios, options.precision, names=options.names))
    plan = finished.executorch_program.execution_plan[0]
    delegates, outside = inventory(plan)
    if not is_whole(plan):
        raise ConversionError(
            f"Core ML would run the network in {delegates} parts, without {', '.join(outside)}, which "
            f"cannot be proven without a Mac; choose the target executorch or coreml.",
            code="not_fully_delegated",
        )
    write_file(path, bytes(finished.buffer))
    return Conversion(f"{executorch_version()} on iOS {options.ios}", delegates, outside)


def lower_for_coreml(program: Program, ios: int, precision: Precision, *, names: bool = True) -> Any:
    """ExecuTorch's `EdgeProgramManager` with every part for Core ML lowered and finished; with `names` it says which
    PyTorch module each operator came from.
    """
    import coremltools as ct
    from executorch.backends.apple.coreml.compiler import CoreMLBackend
    from executorch.backends.apple.coreml.partition import CoreMLPartitioner

    specs = CoreMLBackend.generate_compile_specs(
        minimum_deployment_target=getattr(ct.target, f"iOS{ios}"),
        compute_precision=getattr(ct.precision, COMPUTE_PRECISIONS[precision]),
    )
    with coremltools_shortcuts(), tanh_gelu(program.graph), integer_quotients(program.graph), joined_floats():
        edge = lower(program, CoreMLPartitioner(compile_specs=specs))
    for part in _parts(edge):
        part._processed_bytes = finish(
            part.processed_bytes, partial(_note_modules, part.original_module.graph if names else None)
        )
    return edge


def lowered_graph(edge: Any) -> fx.Graph:
    """The operators of a network that was lowered as a whole, with the names in its ML program."""
    (part,) = _parts(edge)
    graph: fx.Graph = part.original_module.graph
    return graph


def _parts(edge: Any) -> list[Any]:
    from executorch.exir.lowered_backend_module import get_lowered_backend_modules

    return list(get_lowered_backend_modules(edge.exported_program().graph_module))


def _note_modules(graph: fx.Graph | None, package: Path, handles: Mapping[str, Any]) -> None:
    """Store which PyTorch module each operator came from; nodes of the same origin have one handle in ExecuTorch."""
    if graph is None:
        return
    modules = {str(node.meta["debug_handle"]): module_path(node) for node in graph.nodes if "debug_handle" in node.meta}
    with edit_package(package) as spec:
        spec.description.metadata.userDefined[MODULES_KEY] = handle_table(handles, modules)
