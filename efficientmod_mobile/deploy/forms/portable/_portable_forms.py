"""Operators that some runtime lacks are written in those that every runtime has, for all targets in the same way.

The families, with their equations, are in `_resize`, `_pooling`, `_unpooling`, `_writing`, `_norms`, `_elementwise`,
`_sampling`, `_windows` and `_recurrent`. Where every runtime has an operator as it is, there is no form, so that an
ordinary network stays as it is.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.forms.portable import (
    _elementwise,
    _norms,
    _pooling,
    _recurrent,
    _resize,
    _sampling,
    _unpooling,
    _windows,
    _writing,
)
from efficientmod_mobile.deploy.forms.xnnpack._form import Form, Write
from efficientmod_mobile.deploy.program import replace

_FORMS: dict[object, Form] = {
    **_elementwise.FORMS,
    **_norms.FORMS,
    **_pooling.FORMS,
    **_recurrent.FORMS,
    **_resize.FORMS,
    **_sampling.FORMS,
    **_unpooling.FORMS,
    **_windows.FORMS,
    **_writing.FORMS,
}


@dataclass(frozen=True)
class Written:
    """An operation, and the function that inserts its form."""

    node: fx.Node
    write: Write


@register
class PortableForms(Transform[Written]):
    """Write operators that some runtime lacks in those that every runtime has."""

    name: ClassVar[str] = "portable_forms"

    def check(self, node: fx.Node) -> Written | None:
        """Match an operator that some runtime lacks."""
        form = _FORMS.get(node.target) if node.op == "call_function" else None
        write = form(node) if form else None
        return Written(node, write) if write else None

    def rewrite(self, match: Written) -> None:
        """Replace the operator by its form."""
        replace(match.node, match.write())
