"""Operators that ExecuTorch's XNNPACK delegate lacks, written in those that it has."""

from efficientmod_mobile.deploy.forms.xnnpack._xnnpack_forms import XnnpackForms

__all__ = [
    "XnnpackForms",
]
