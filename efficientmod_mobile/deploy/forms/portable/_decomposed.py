"""Operators that PyTorch defines by simpler ones: its own decomposition in their place.

rot90(x)  =  flip(transpose(x))          roll(x)  =  the two parts of x, joined the other way round
sinc(x)   =  where(x = 0, 1, sin(pi x) / (pi x))           and so on; the proof in float64 holds them all
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._definition import decomposed
from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, shape

aten = torch.ops.aten

_LACKING = (
    *(aten.addcdiv.default, aten.addcmul.default, aten.addr.default, aten.block_diag.default, aten.copysign.Tensor),
    *(aten.cosine_similarity.default, aten.diff.default, aten.einsum.default, aten.exp2.default),
    *(aten.fft_fftshift.default, aten.fft_ifftshift.default, aten.heaviside.default, aten.hypot.default),
    *(aten.index_copy.default, aten.kron.default, aten.linalg_cross.default),
    *(aten.linalg_matrix_power.default, aten.linalg_multi_dot.default, aten.logaddexp.default),
    *(aten.logit.default, aten.pairwise_distance.default, aten.roll.default, aten.rot90.default, aten.sgn.default),
    *(aten.sinc.default, aten.take_along_dim.default, aten.tensordot.default, aten.trace.default),
    *(aten.tril.default, aten.triu.default, aten.xlogy.Tensor, aten.deg2rad.default, aten.rad2deg.default),
    *(aten.trapezoid.dx, aten.trapezoid.x, aten.special_expit.default, aten.frac.default),
)
"""Operators that some converter refuses."""


def _decomposed(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if node.target == aten.roll.default and bound["dims"]:
        return None  # every runtime has it along axes
    if node.target == aten.einsum.default and _is_plain(bound["equation"], bound["tensors"]):
        return None  # every runtime has it
    return decomposed(node)


def _is_plain(equation: str, tensors: list[fx.Node]) -> bool:
    """Whether it is a sum of products of two tensors whose axes all have letters, none twice, and one size each."""
    operands = equation.replace(" ", "").partition("->")[0].split(",")
    if len(tensors) != 2 or "." in equation or any(len(set(letters)) < len(letters) for letters in operands):
        return False
    sizes = {pair for letters, x in zip(operands, tensors, strict=True) for pair in zip(letters, shape(x), strict=True)}
    return len(sizes) == len({letter for letter, _ in sizes})


FORMS: dict[object, Form] = dict.fromkeys(_LACKING, _decomposed)
