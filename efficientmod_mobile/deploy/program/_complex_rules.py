"""What operators do to pairs of real numbers in place of complex ones, z = a + ib and w = c + id.

z w          =  (ac - bd, ad + bc)                              products of matrices and convolutions too
z / w        =  z conj(w / |w|) / |w|
|z|          =  m sqrt(1 + (n / m)^2)                           m, n = max, min(|a|, |b|): no square overflows
angle(z)     =  atan2(b, a)
e^z, log z   =  e^a (cos b, sin b), (log |z|, angle(z))
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import fx

from efficientmod_mobile.deploy.program._graph import add_parameter, arguments, emit, module_path, node_dtype, shape
from efficientmod_mobile.errors import ConversionError

aten = torch.ops.aten

Pair = tuple[fx.Node, fx.Node]
"""The real and the imaginary part."""
Parts = tuple[Any, Any]
"""The same of an operand, which may be a number; the second is None where it is real."""
OfParts = Callable[[Any], Parts]
Rule = Callable[[OfParts, fx.Node], Pair | fx.Node]

# What these do to a complex tensor they do to both parts.
_ON_BOTH = (
    *(aten.reshape.default, aten.view.default, aten._unsafe_view.default, aten.flatten.using_ints),
    *(aten.permute.default, aten.transpose.int, aten.unsqueeze.default, aten.squeeze.dim, aten.squeeze.dims),
    *(aten.slice.Tensor, aten.select.int, aten.expand.default, aten.clone.default, aten.contiguous.default),
    *(aten.roll.default, aten.flip.default, aten.sum.dim_IntList, aten.sum.default, aten.mean.dim, aten.mean.default),
    *(aten.constant_pad_nd.default, aten.pad.default, aten.alias.default, aten.detach.default, aten.neg.default),
    *(aten.mT.default, aten.t.default, aten.numpy_T.default, aten.movedim.int, aten.movedim.intlist),
    *(aten.repeat.default, aten.tile.default, aten.unfold.default, aten.diagonal.default, aten.cumsum.default),
    *(aten.index.Tensor, aten.index_select.default, aten.gather.default, aten.tril.default, aten.triu.default),
    *(aten.split.Tensor, aten.split_with_sizes.default, aten.chunk.default, aten.unbind.int, aten.unflatten.int),
)


def _on_both(parts: OfParts, node: fx.Node) -> Pair:
    first, second = (emit(node, node.target, (part, *node.args[1:]), node.kwargs) for part in parts(node.args[0]))
    return first, second


def _of_several(parts: OfParts, node: fx.Node) -> Pair:
    """One of several results."""
    first, second = (emit(node, node.target, (part, node.args[1])) for part in parts(node.args[0]))
    return first, second


def _view_as_real(parts: OfParts, node: fx.Node) -> fx.Node:
    faces = [emit(node, aten.unsqueeze.default, (part, -1)) for part in parts(node.args[0])]
    return emit(node, aten.cat.default, (faces, -1))


def _view_as_complex(_: OfParts, node: fx.Node) -> Pair:
    x = node.args[0]
    return emit(node, aten.select.int, (x, -1, 0)), emit(node, aten.select.int, (x, -1, 1))


def _complex(_: OfParts, node: fx.Node) -> Pair:
    real, imaginary = node.args[:2]
    return real, imaginary  # type: ignore[return-value]


def _polar(_: OfParts, node: fx.Node) -> Pair:
    size, angle = node.args[:2]
    return _at_angle(node, size, angle)


def _at_angle(node: fx.Node, size: Any, angle: Any) -> Pair:
    cosine, sine = emit(node, aten.cos.default, (angle,)), emit(node, aten.sin.default, (angle,))
    return emit(node, aten.mul.Tensor, (size, cosine)), emit(node, aten.mul.Tensor, (size, sine))


def _real(parts: OfParts, node: fx.Node) -> fx.Node:
    part: fx.Node = parts(node.args[0])[0]
    return part


def _imaginary(parts: OfParts, node: fx.Node) -> fx.Node:
    part: fx.Node = parts(node.args[0])[1]
    return part


def _conjugate(parts: OfParts, node: fx.Node) -> Pair:
    real, imaginary = parts(node.args[0])
    return real, emit(node, aten.neg.default, (imaginary,))


def _adjoint(parts: OfParts, node: fx.Node) -> Pair:
    """The conjugate of the transposed matrices."""
    real, imaginary = (emit(node, aten.transpose.int, (part, -2, -1)) for part in parts(node.args[0]))
    return real, emit(node, aten.neg.default, (imaginary,))


def _size(parts: OfParts, node: fx.Node) -> fx.Node:
    return _size_of(node, parts(node.args[0]))


def _size_of(node: fx.Node, pair: Parts) -> fx.Node:
    sizes = tuple(emit(node, aten.abs.default, (part,)) for part in pair)
    largest, least = emit(node, aten.maximum.default, sizes), emit(node, aten.minimum.default, sizes)
    ratio = emit(node, aten.div.Tensor, (least, _or_one(node, largest)))
    sum_ = emit(node, aten.add.Tensor, (emit(node, aten.mul.Tensor, (ratio, ratio)), 1.0))
    return emit(node, aten.mul.Tensor, (largest, emit(node, aten.sqrt.default, (sum_,))))


def _or_one(node: fx.Node, size: fx.Node) -> fx.Node:
    """Insert 1 where a size is 0."""
    return emit(node, aten.where.self, (emit(node, aten.gt.Scalar, (size, 0.0)), size, _number(node, 1.0)))


def _sign(parts: OfParts, node: fx.Node) -> Pair:
    """z / |z|, 0 where z is."""
    pair = parts(node.args[0])
    size = _or_one(node, _size_of(node, pair))
    real, imaginary = (emit(node, aten.div.Tensor, (part, size)) for part in pair)
    return real, imaginary


def _norm(parts: OfParts, node: fx.Node) -> fx.Node:
    """A norm of the sizes."""
    return emit(node, node.target, (_size_of(node, parts(node.args[0])), *node.args[1:]), node.kwargs)


def _angle(parts: OfParts, node: fx.Node) -> fx.Node:
    real, imaginary = parts(node.args[0])
    return emit(node, aten.atan2.default, (imaginary, real))


def _exponential(parts: OfParts, node: fx.Node) -> Pair:
    real, imaginary = parts(node.args[0])
    return _at_angle(node, emit(node, aten.exp.default, (real,)), imaginary)


def _logarithm(parts: OfParts, node: fx.Node) -> Pair:
    return emit(node, aten.log.default, (_size(parts, node),)), _angle(parts, node)


def _sum(parts: OfParts, node: fx.Node) -> Pair:
    """A sum or a difference."""
    (a, b), (c, d) = parts(node.args[0]), parts(node.args[1])
    real = emit(node, node.target, (a, c), node.kwargs)
    if b is not None and d is not None:
        return real, emit(node, node.target, (b, d), node.kwargs)
    if b is not None:
        return real, _as_wide(node, b, real)
    factor = float(arguments(node)["alpha"]) * (1.0 if node.target is aten.add.Tensor else -1.0)
    turned = emit(node, aten.mul.Tensor, (d, factor)) if isinstance(d, fx.Node) else d * factor
    return real, _as_wide(node, turned, real)


def _as_wide(node: fx.Node, part: fx.Node | float, other: fx.Node) -> fx.Node:
    part = part if isinstance(part, fx.Node) else _number(node, part)
    return part if shape(part) == shape(other) else emit(node, aten.expand.default, (part, list(shape(other))))


def _product(parts: OfParts, node: fx.Node) -> Pair:
    """Of elements, of matrices, or a layer: everything that is linear in both operands; a bias comes with the first."""
    x, y, *options = node.args
    bias: Parts = (None, None)
    if node.target in _LAYERS and options:
        bias, options = parts(options[0]), options[1:]

    def product(one: Any, other: Any, shift: Any = None) -> fx.Node:
        with_bias = (shift, *options) if node.target in _LAYERS else options
        return emit(node, node.target, (one, other, *with_bias), node.kwargs)

    return _bilinear(node, product, parts(x), parts(y), bias)


def _bilinear(node: fx.Node, product: Callable[..., fx.Node], z: Parts, w: Parts, bias: Parts = (None, None)) -> Pair:
    (a, b), (c, d) = z, w
    if d is None:
        return product(a, c, bias[0]), product(b, c, bias[1])
    if b is None:
        return product(a, c, bias[0]), product(a, d, bias[1])
    real = emit(node, aten.sub.Tensor, (product(a, c, bias[0]), product(b, d)))
    return real, emit(node, aten.add.Tensor, (product(a, d, bias[1]), product(b, c)))


def _quotient(parts: OfParts, node: fx.Node) -> Pair:
    z, divisor = parts(node.args[0]), node.args[1]
    if isinstance(divisor, complex):
        inverse = 1 / divisor
        return _bilinear(node, _multiplied(node), z, (inverse.real, inverse.imag))
    if parts(divisor)[1] is None:
        first, second = (emit(node, aten.div.Tensor, (part, divisor)) for part in z)
        return first, second
    return _over(node, z, parts(divisor))


def _over(node: fx.Node, z: Parts, w: Parts) -> Pair:
    size = _size_of(node, w)
    c, d = (emit(node, aten.div.Tensor, (part, size)) for part in w)
    turned = _bilinear(node, _multiplied(node), z, (c, emit(node, aten.neg.default, (d,))))
    real, imaginary = (emit(node, aten.div.Tensor, (part, size)) for part in turned)
    return real, imaginary


def _multiplied(node: fx.Node) -> Callable[..., fx.Node]:
    return lambda one, other, _=None: emit(node, aten.mul.Tensor, (one, other))


def _reciprocal(parts: OfParts, node: fx.Node) -> Pair:
    pair = parts(node.args[0])
    return _over(node, (_number(node, 1.0), None), pair)


def _power(parts: OfParts, node: fx.Node) -> Pair:
    """A small whole one, as products."""
    exponent: Any = node.args[1]
    if exponent not in range(1, 9):
        raise _unknown(node, f"the power {exponent} of complex numbers")
    first = power = parts(node.args[0])
    for _ in range(int(exponent) - 1):
        power = _bilinear(node, _multiplied(node), power, first)
    return power


def _einsum(parts: OfParts, node: fx.Node) -> Pair:
    equation, operands = node.args[0], node.args[1]
    if not isinstance(operands, Sequence) or len(operands) != 2:
        raise _unknown(node, "an einsum of complex numbers that has not two operands")

    def product(x: fx.Node, y: fx.Node, _: None = None) -> fx.Node:
        return emit(node, aten.einsum.default, (equation, [x, y]))

    return _bilinear(node, product, parts(operands[0]), parts(operands[1]))


def _unknown(node: fx.Node, what: str) -> ConversionError:
    return ConversionError(
        f"{module_path(node) or 'the network itself'} computes {what}; write it with torch.view_as_real",
        code="complex_numbers",
    )


def _joined(parts: OfParts, node: fx.Node) -> Pair:
    pairs = [parts(part) for part in node.args[0]]  # type: ignore[union-attr]
    pairs = [(a, _zeros(node, shape(a), node_dtype(a)) if b is None else b) for a, b in pairs]
    real = emit(node, node.target, ([pair[0] for pair in pairs], *node.args[1:]), node.kwargs)
    return real, emit(node, node.target, ([pair[1] for pair in pairs], *node.args[1:]), node.kwargs)


def _both(node: fx.Node, pair: Parts) -> Pair:
    """The pair of an operand, whose imaginary part is 0 where it is real."""
    real, imaginary = (part if isinstance(part, fx.Node) else _number(node, part or 0.0) for part in pair)
    return real, imaginary


def _number(node: fx.Node, value: float) -> fx.Node:
    return add_parameter(node, f"{node.name}_number", torch.tensor(value, dtype=torch.float32))


def _zeros(node: fx.Node, sizes: Sequence[int], dtype: torch.dtype) -> fx.Node:
    return emit(node, aten.zeros.default, (list(sizes),), {"dtype": dtype})


def _zeros_like(_: OfParts, node: fx.Node) -> Pair:
    return _zeros(node, shape(node), torch.float32), _zeros(node, shape(node), torch.float32)


def _chosen(parts: OfParts, node: fx.Node) -> Pair:
    """By a condition."""
    (a, b), (c, d) = (_both(node, parts(operand)) for operand in node.args[1:3])
    return emit(node, aten.where.self, (node.args[0], a, c)), emit(node, aten.where.self, (node.args[0], b, d))


def _masked(parts: OfParts, node: fx.Node) -> Pair:
    """Filled with a number where a mask is true."""
    x, mask, number = node.args
    filled = complex(number)  # type: ignore[arg-type]
    pairs = zip(parts(x), (filled.real, filled.imag), strict=True)
    real, imaginary = (emit(node, node.target, (part, mask, value)) for part, value in pairs)
    return real, imaginary


def _converted(parts: OfParts, node: fx.Node) -> Pair | fx.Node:
    """To another dtype: to a real one the real part alone."""
    real, imaginary = parts(node.args[0])
    if not node.meta["val"].is_complex():
        return emit(node, node.target, (real, *node.args[1:]), node.kwargs)
    return real, _zeros(node, shape(real), node_dtype(real)) if imaginary is None else imaginary


def _written(parts: OfParts, node: fx.Node) -> Pair:
    """Into a part of a tensor."""
    (a, b), (c, d) = (_both(node, parts(operand)) for operand in node.args[:2])
    real = emit(node, node.target, (a, c, *node.args[2:]), node.kwargs)
    return real, emit(node, node.target, (b, d, *node.args[2:]), node.kwargs)


def _same(parts: OfParts, node: fx.Node) -> Pair:
    return parts(node.args[0])


_LAYERS = {aten.linear.default, aten.conv1d.default, aten.conv2d.default}

RULES: dict[Any, Rule] = {
    **dict.fromkeys(_ON_BOTH, _on_both),
    operator.getitem: _of_several,
    aten.view_as_real.default: _view_as_real,
    aten.view_as_complex.default: _view_as_complex,
    aten.complex.default: _complex,
    aten.polar.default: _polar,
    aten.real.default: _real,
    aten.imag.default: _imaginary,
    **dict.fromkeys((aten.conj.default, aten._conj.default, aten.conj_physical.default), _conjugate),
    **dict.fromkeys((aten.mH.default, aten.adjoint.default), _adjoint),
    aten.abs.default: _size,
    aten.sgn.default: _sign,
    aten.linalg_vector_norm.default: _norm,
    aten.angle.default: _angle,
    aten.exp.default: _exponential,
    aten.log.default: _logarithm,
    aten.einsum.default: _einsum,
    **dict.fromkeys((aten.cat.default, aten.stack.default), _joined),
    **dict.fromkeys((aten.copy.default, aten.slice_scatter.default, aten.select_scatter.default), _written),
    **dict.fromkeys((aten.add.Tensor, aten.sub.Tensor), _sum),
    **dict.fromkeys((aten.mul.Tensor, aten.matmul.default, aten.bmm.default, aten.mm.default, *_LAYERS), _product),
    aten.div.Tensor: _quotient,
    aten.reciprocal.default: _reciprocal,
    aten.pow.Tensor_Scalar: _power,
    aten.zeros_like.default: _zeros_like,
    **dict.fromkeys((aten.where.self, aten.where.ScalarOther, aten.where.ScalarSelf), _chosen),
    aten.masked_fill.Scalar: _masked,
    **dict.fromkeys((aten.to.dtype, aten._to_copy.default), _converted),
    **dict.fromkeys((aten.resolve_conj.default, aten.resolve_neg.default, aten.lift_fresh_copy.default), _same),
}
