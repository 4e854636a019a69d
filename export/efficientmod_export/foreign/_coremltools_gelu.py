"""GELU in its tanh approximation for coremltools 9.0, which ignores the keyword `approximate` of an exported program.

Without this patch the file would silently compute the exact GELU. So `EFFICIENTMOD_NO_PATCHES` does not turn it off,
and a network that needs it is refused where it cannot be applied.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx

from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, replaced
from efficientmod_mobile.errors import ConversionError

TANH = "tanh"


@contextmanager
def tanh_gelu(graph: fx.Graph) -> Iterator[None]:
    """Make coremltools convert the tanh GELU correctly while it converts `graph`.

    Raises ConversionError where the graph has a tanh GELU and this coremltools cannot be patched.
    """
    if not any(map(_is_tanh_gelu, graph.find_nodes(op="call_function", target=torch.ops.aten.gelu.default))):
        yield
        return
    if problem := TANH_GELU.problem():
        raise ConversionError(
            f"The network has a GELU of the kind tanh, which the installed coremltools would convert to the exact GELU "
            f'({problem}); install the version that fits: pip install "efficientmod-mobile[coreml]"',
            code="unsupported_gelu",
        )
    with replaced(TANH_GELU):
        yield


def _is_tanh_gelu(node: fx.Node) -> bool:
    return node.kwargs.get("approximate") == TANH


def _look_up_with_gelu(look_up: Callable[[str], Any]) -> Callable[[str], Any]:
    """In place of `TorchOpsRegistry.get_func`, which gives the function that converts an operator."""
    from coremltools.converters.mil import Builder

    exact_gelu = look_up("gelu")

    def gelu(context: Any, node: Any) -> None:
        form = (node.kwinputs or {}).get("approximate")
        if form == (TANH,):
            x = context[node.inputs[0]]
            context.add(Builder.gelu(x=x, mode="TANH_APPROXIMATION", name=node.name))
        elif form in (None, ("none",)):
            exact_gelu(context, node)
        else:
            raise ConversionError(
                f"coremltools names a GELU's approximation {form!r}, which is not supported.", code="unsupported_gelu"
            )

    def get_func(op_lookup: str) -> Any:
        found = look_up(op_lookup)
        return gelu if found is exact_gelu else found

    return get_func


FRONTEND = "coremltools.converters.mil.frontend.torch"

TANH_GELU = Patch(
    ForeignName(f"{FRONTEND}.torch_op_registry", "_TORCH_OPS_REGISTRY.get_func", "(op_lookup)"),
    _look_up_with_gelu,
    relies_on=(
        ForeignName(f"{FRONTEND}.ops", "gelu", "(context, node)"),
        ForeignName(f"{FRONTEND}.internal_graph", "InternalTorchIRNode.kwinputs"),
        ForeignName(f"{FRONTEND}.internal_graph", "InternalTorchIRNode.inputs"),
        ForeignName("coremltools.converters.mil", "Builder.gelu"),
    ),
)
