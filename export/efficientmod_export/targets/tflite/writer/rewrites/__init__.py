"""Rewrites of the graph before it is lowered. Each module states its equation; the order is that of the tuple below."""

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
from ._grids import form_grids
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
    form_grids,
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
"""The rewrites in order; the tuple is applied until none of them changes the graph."""

_ROUNDS = 20
"""More rounds than are ever needed: every rewrite removes operators or moves them in one direction."""


def simplify(graph: Graph) -> Counter[str]:
    """Apply the rewrites until none applies; return how often each did, by its function's name.

    Raises:
        ConversionError: a node lacks inputs or attributes that its operator requires.
    """
    total: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        graph.sweep()
        try:
            with np.errstate(all="ignore"):  # infinite values of the model stay infinite, without a warning
                applied = Counter({rewrite.__name__: rewrite(graph) for rewrite in REWRITES})
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            message = f"The ONNX model contradicts itself ({error}); export it again."
            raise ConversionError(message, code="inconsistent_onnx") from error
        total.update(applied)
        if not applied.total():
            break
    return +total
