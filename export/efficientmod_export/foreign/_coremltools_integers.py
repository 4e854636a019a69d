"""Quotients of integers for coremltools 9.0, which divides them as float numbers and gives float numbers.

In float16 such a quotient is wrong beyond 2048, and where integers are needed the conversion fails. With this patch

    floor(x / d)  =  floor_div(x, d)        trunc(x / d)  =  sign(x) sign(d) floor_div(|x|, |d|)

of integers stay integers. `EFFICIENTMOD_NO_PATCHES` does not turn it off, and a network that needs it is refused where
it cannot be applied.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx

from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, replaced
from efficientmod_mobile.errors import ConversionError

aten = torch.ops.aten


@contextmanager
def integer_quotients(graph: fx.Graph) -> Iterator[None]:
    """Make coremltools divide integers as integers while it converts `graph`.

    Raises ConversionError where the graph has a quotient of integers and this coremltools cannot be patched.
    """
    quotients = graph.find_nodes(op="call_function", target=aten.div.Tensor_mode)
    if all(node.meta["val"].is_floating_point() for node in quotients):
        yield
        return
    if problem := INTEGER_QUOTIENTS.problem():
        raise ConversionError(
            f"The network divides integers, which the installed coremltools would divide as float numbers ({problem}); "
            f'install the version that fits: pip install "efficientmod-mobile[coreml]"',
            code="unsupported_quotient",
        )
    with replaced(INTEGER_QUOTIENTS):
        yield


def _look_up_with_quotients(look_up: Callable[[str], Any]) -> Callable[[str], Any]:
    """In place of `TorchOpsRegistry.get_func`, which gives the function that converts an operator."""
    from coremltools.converters.mil import Builder
    from coremltools.converters.mil.frontend.torch.ops import _get_inputs
    from coremltools.converters.mil.mil import types

    float_quotient = look_up("div")

    def div(context: Any, node: Any) -> None:
        x, divisor, *_ = _get_inputs(context, node)
        mode = (node.kwinputs or {}).get("rounding_mode", (None,))[0]
        if mode is None or not (types.is_int(x.dtype) and types.is_int(divisor.dtype)):
            float_quotient(context, node)
        elif mode == "floor":
            context.add(Builder.floor_div(x=x, y=divisor, name=node.name))
        else:
            size = Builder.floor_div(x=Builder.abs(x=x), y=Builder.abs(x=divisor))
            sign = Builder.mul(x=Builder.sign(x=x), y=Builder.sign(x=divisor))
            context.add(Builder.mul(x=size, y=sign, name=node.name))

    def get_func(op_lookup: str) -> Any:
        found = look_up(op_lookup)
        return div if found is float_quotient else found

    return get_func


FRONTEND = "coremltools.converters.mil.frontend.torch"

INTEGER_QUOTIENTS = Patch(
    ForeignName(f"{FRONTEND}.torch_op_registry", "_TORCH_OPS_REGISTRY.get_func", "(op_lookup)"),
    _look_up_with_quotients,
    relies_on=(
        ForeignName(f"{FRONTEND}.ops", "div", "(context, node)"),
        ForeignName(f"{FRONTEND}.ops", "_get_inputs"),
        ForeignName(f"{FRONTEND}.internal_graph", "InternalTorchIRNode.kwinputs"),
        ForeignName("coremltools.converters.mil", "Builder.floor_div"),
    ),
)
