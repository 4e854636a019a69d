"""Which PyTorch module each operator of a package came from.

A saved package has the operators' names and no information on the modules. But coremltools copies an integer, a node's
`debug_handle`, through all its passes. `mark_modules` writes the modules' numbers there before the conversion, and
`module_table` reads them after it; the table is stored in the model's user metadata.

    marked = mark_modules(exported)
    model = coremltools.convert(exported, ...)
    model.user_defined_metadata[MODULES_KEY] = module_table(model, marked)
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from efficientmod_export.mil._errors import PackageError
from efficientmod_mobile.deploy.program import module_path

MODULES_KEY = "efficientmod.modules"


def mark_modules(exported: Any) -> tuple[str, ...]:
    """Mark every node of a `torch.export.ExportedProgram` with the module that it came from, for `module_table`.

    Returns the modules' paths ("" for the network itself), in the order of their numbers.
    """
    modules: dict[str, int] = {}
    for node in exported.graph.nodes:
        if node.op == "call_function":
            node.meta["debug_handle"] = modules.setdefault(module_path(node), len(modules))
    return tuple(modules)


def module_table(model: Any, marked: Sequence[str]) -> str:
    """The value for `user_defined_metadata[MODULES_KEY]` of a `coremltools.models.MLModel` that was just converted.

    A JSON object: module path -> the first outputs of its operators.
    """
    handles = model._mil_program.construct_debug_handle_to_ops_mapping()
    return handle_table(handles, dict(enumerate(marked)))


def handle_table(handles: Mapping[Any, Any], modules: Mapping[Any, str]) -> str:
    """The same, from the operators of each handle, as coremltools maps them, and the handles' modules."""
    table: dict[str, list[str]] = {}
    for handle, operations in handles.items():
        if handle in modules:
            ends = [steps[-1] for steps in operations]
            table.setdefault(modules[handle], []).extend(end["Output"] for end in ends if end["Operator"] != "const")
    return json.dumps(table, sort_keys=True)


def read_modules(specification: Any) -> dict[str, str]:
    """First output of an operator -> PyTorch module; empty where `module_table` was not used."""
    text = specification.description.metadata.userDefined.get(MODULES_KEY)
    if not text:
        return {}
    try:
        return {output: module for module, outputs in json.loads(text).items() for output in outputs}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise PackageError(
            f"the user metadata '{MODULES_KEY}' cannot be read; export the package again", code="damaged_metadata"
        ) from error
