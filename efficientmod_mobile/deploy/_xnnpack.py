"""Operators that XNNPACK lacks, in ExecuTorch's delegate, are written in those that it has.

What stays outside a delegate splits the network: tensors are copied between the parts, and ExecuTorch's own operators
run on one thread. The families of forms, with their equations, are in `_xnnpack_cuts`, `_xnnpack_pools`,
`_xnnpack_sums` and `_xnnpack_functions`.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import fx

from efficientmod_mobile.deploy import _xnnpack_cuts, _xnnpack_functions, _xnnpack_pools, _xnnpack_sums
from efficientmod_mobile.deploy._graph import replace
from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy._xnnpack_form import Form, Write

_FORMS: dict[object, Form] = {
    **_xnnpack_cuts.FORMS,
    **_xnnpack_functions.FORMS,
    **_xnnpack_pools.FORMS,
    **_xnnpack_sums.FORMS,
}


@dataclass(frozen=True)
class Written:
    """An operation, and what writes its other form."""

    node: fx.Node
    write: Write


@register
class XnnpackForms(Transform[Written]):
    """Write operators in the form that ExecuTorch's XNNPACK delegate takes."""

    name: ClassVar[str] = "xnnpack_forms"

    def check(self, node: fx.Node) -> Written | None:
        """Match an operator that XNNPACK has only in another form, or not at all."""
        form = _FORMS.get(node.target) if node.op == "call_function" else None
        write = form(node) if form else None
        return Written(node, write) if write else None

    def rewrite(self, match: Written) -> None:
        """Let the readers read the other form."""
        replace(match.node, match.write())
