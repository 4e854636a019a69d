"""Rewrites of the graph before it is lowered. Each states its equation; the order is the tuple below."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from efficientmod_mobile.errors import ConversionError

from .._fold import fold_constants
from .._graph import Graph
from ._activations import form_activations
from ._cubic_resize import cubic_as_products
from ._cumulative_sums import spell_out_sums
from ._depthwise import split_depthwise
from ._einsum import spell_out_einsum
from ._grouped_transposed_convolution import split_transposed
from ._identities import drop_identities
from ._linear import form_linear
from ._norms import form_norms
from ._pixel_shuffle import form_space_to_depth, sort_shuffled
from ._repeated_operands import broadcast_tiles
from ._reshapes import reshapes_only
from ._rotary_pairs import turn_pairs
from ._scales import fold_scales
from ._slices import form_cuts, raise_cuts
from ._softplus import form_softplus
from ._split_reshapes import refine_reshapes
from ._windows_of_one_axis import widen_windows

__all__ = ["REWRITES", "simplify"]

REWRITES: tuple[Callable[[Graph], int], ...] = (
    fold_constants,
    reshapes_only,
    drop_identities,
    widen_windows,
    cubic_as_products,
    spell_out_einsum,
    spell_out_sums,
    form_activations,
    form_softplus,
    form_norms,
    form_linear,
    fold_scales,
    sort_shuffled,
    form_space_to_depth,
    form_cuts,
    turn_pairs,
    raise_cuts,
    refine_reshapes,
    broadcast_tiles,
    split_depthwise,
    split_transposed,
)
"""In order; the tuple is run until none of them finds anything more to do."""

_ROUNDS = 20
"""Every rewrite takes operators away or moves them one way, so this many rounds are never needed."""


def simplify(graph: Graph) -> Counter[str]:
    """Apply the rewrites until none applies; how often each did, by its function's name.

    Raises:
        ConversionError: a node has not the inputs or attributes that its operator must have.
    """
    total: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        graph.sweep()
        try:
            with np.errstate(all="ignore"):  # what is infinite in the model stays so, without a warning
                applied = Counter({rewrite.__name__: rewrite(graph) for rewrite in REWRITES})
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            message = f"The ONNX model contradicts itself ({error}); export it again."
            raise ConversionError(message, code="inconsistent_onnx") from error
        total.update(applied)
        if not applied.total():
            break
    return +total
