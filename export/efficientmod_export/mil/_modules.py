"""Where an operator came from: how a package is made to say which PyTorch module each of its operators belongs to.

A saved package keeps no module names. coremltools does copy an integer, the node's `debug_handle`, through its passes
and saves a table of handles and operators beside the model. `mark_modules` numbers the modules so; the numbers' meaning
travels in the model's user metadata.

    modules = mark_modules(exported)
    model = coremltools.convert(exported, ...)
    model.user_defined_metadata[MODULES_KEY] = modules
    model.save(path)
"""

import json
from collections.abc import Iterable
from typing import Any

MODULES_KEY = "efficientmod.modules"


def _module(node: Any) -> str:
    stack = node.meta.get("nn_module_stack")
    # torch.export notes a module called for the second time as "blocks.0@1".
    return str(next(reversed(stack.values()))[0]).split("@")[0] if stack else ""


def mark_modules(exported: Any) -> str:
    """Note on every node of a `torch.export.ExportedProgram` which module it came from, before it is converted.

    Returns the value for `user_defined_metadata[MODULES_KEY]`: a JSON list of module paths, "" for the network itself.
    """
    modules: dict[str, int] = {}
    nodes: Iterable[Any] = exported.graph.nodes
    for node in nodes:
        if node.op == "call_function":
            node.meta["debug_handle"] = modules.setdefault(_module(node), len(modules))
    return json.dumps(list(modules))
