"""GELU in tanh's form for coremltools 9.0, which does not read the keyword `approximate` of an exported program."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def tanh_gelu() -> Iterator[None]:
    """Let coremltools write the GELU that the network has, while it converts."""
    from coremltools.converters.mil import Builder
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    known = _TORCH_OPS_REGISTRY.get_func("gelu")

    def gelu(context: Any, node: Any) -> None:
        if (node.kwinputs or {}).get("approximate") == ("tanh",):
            x = context[node.inputs[0]]
            context.add(Builder.gelu(x=x, mode="TANH_APPROXIMATION", name=node.name))
        else:
            known(context, node)

    _TORCH_OPS_REGISTRY.set_func_by_name(gelu, "gelu")
    try:
        yield
    finally:
        _TORCH_OPS_REGISTRY.set_func_by_name(known, "gelu")
