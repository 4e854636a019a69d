"""Operators that some runtime lacks are written in those that every runtime has, for all targets in the same way.

The families, with their equations, are in the modules beside this one. Where every runtime has an operator as it is,
there is no form, so that an ordinary network stays as it is.
"""

from collections.abc import Mapping
from typing import ClassVar

from efficientmod_mobile.deploy._transform import register
from efficientmod_mobile.deploy.forms._form import Form, Forms
from efficientmod_mobile.deploy.forms.portable import (
    _angles,
    _counts,
    _decomposed,
    _distances,
    _elementwise,
    _integers,
    _norms,
    _not_finite,
    _order,
    _padding,
    _pooling,
    _products,
    _recurrent,
    _resize,
    _results,
    _sampling,
    _scans,
    _scattered,
    _small_integers,
    _small_matrices,
    _unpooling,
    _volumes,
    _windows,
    _writing,
)


@register
class PortableForms(Forms):
    """Write operators that some runtime lacks in those that every runtime has."""

    name: ClassVar[str] = "portable_forms"
    forms: ClassVar[Mapping[object, Form]] = {
        **_angles.FORMS,
        **_counts.FORMS,
        **_decomposed.FORMS,
        **_distances.FORMS,
        **_elementwise.FORMS,
        **_integers.FORMS,
        **_norms.FORMS,
        **_not_finite.FORMS,
        **_order.FORMS,
        **_padding.FORMS,
        **_pooling.FORMS,
        **_products.FORMS,
        **_recurrent.FORMS,
        **_resize.FORMS,
        **_results.FORMS,
        **_sampling.FORMS,
        **_scans.FORMS,
        **_scattered.FORMS,
        **_small_integers.FORMS,
        **_small_matrices.FORMS,
        **_unpooling.FORMS,
        **_volumes.FORMS,
        **_windows.FORMS,
        **_writing.FORMS,
    }
