"""Operators that ExecuTorch's XNNPACK delegate does not support are written in those that it does.

An unsupported operator splits the network: tensors are copied between the parts, and ExecuTorch's own operators run on
one thread. The families of forms, with their equations, are in `_slices_and_concatenations`, `_pooling`,
`_reductions_and_norms` and `_pointwise_functions`.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.forms.xnnpack import (
    _pointwise_functions,
    _pooling,
    _reductions_and_norms,
    _slices_and_concatenations,
)
from efficientmod_mobile.deploy.forms.xnnpack._form import Form, Write
from efficientmod_mobile.deploy.program import replace

_FORMS: dict[object, Form] = {
    **_slices_and_concatenations.FORMS,
    **_pointwise_functions.FORMS,
    **_pooling.FORMS,
    **_reductions_and_norms.FORMS,
}


@dataclass(frozen=True)
class Written:
    """An operation, and the function that inserts its supported form."""

    node: fx.Node
    write: Write


@register
class XnnpackForms(Transform[Written]):
    """Write operators in a form that ExecuTorch's XNNPACK delegate supports."""

    name: ClassVar[str] = "xnnpack_forms"

    def check(self, node: fx.Node) -> Written | None:
        """Match an operator that XNNPACK supports only in another form."""
        form = _FORMS.get(node.target) if node.op == "call_function" else None
        write = form(node) if form else None
        return Written(node, write) if write else None

    def rewrite(self, match: Written) -> None:
        """Replace the operator by its supported form."""
        replace(match.node, match.write())
