"""Operators that ExecuTorch's XNNPACK delegate does not support are written in those that it does.

An unsupported operator splits the network: tensors are copied between the parts, and ExecuTorch's own operators run on
one thread. The families of forms, with their equations, are in `_slices_and_concatenations`, `_pooling`,
`_reductions_and_norms` and `_pointwise_functions`.
"""

from collections.abc import Mapping
from typing import ClassVar

from efficientmod_mobile.deploy._transform import register
from efficientmod_mobile.deploy.forms._form import Form, Forms
from efficientmod_mobile.deploy.forms.xnnpack import (
    _pointwise_functions,
    _pooling,
    _reductions_and_norms,
    _slices_and_concatenations,
)


@register
class XnnpackForms(Forms):
    """Write operators in a form that ExecuTorch's XNNPACK delegate supports."""

    name: ClassVar[str] = "xnnpack_forms"
    forms: ClassVar[Mapping[object, Form]] = {
        **_slices_and_concatenations.FORMS,
        **_pointwise_functions.FORMS,
        **_pooling.FORMS,
        **_reductions_and_norms.FORMS,
    }
