"""Complex numbers become pairs of real ones, and Fourier transforms of fixed size products with constant matrices.

    z = a + ib           ->  (a, b)
    fft(z) along an axis ->  (C a - S b, S a + C b)            C + iS the matrix of the transform
    rfft, irfft          ->  the same, with the part that is zero left out

No mobile runtime has complex numbers. The matrix is what PyTorch's own transform makes of the columns of the identity,
so that every size, norm and padding is its own. (Cooley & Tukey 1965 is faster; a product is what phones have.)
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program._graph import add_parameter, arguments, emit, module_path, shape, tensor_of
from efficientmod_mobile.deploy.program._linear_map import along
from efficientmod_mobile.errors import ConversionError

aten = torch.ops.aten

Pair = tuple[fx.Node, fx.Node]
"""The real and the imaginary part."""

# What these do to a complex tensor they do to both parts.
_ON_BOTH = {
    *(aten.reshape.default, aten.view.default, aten._unsafe_view.default, aten.flatten.using_ints),
    *(aten.permute.default, aten.transpose.int, aten.unsqueeze.default, aten.squeeze.dim, aten.squeeze.dims),
    *(aten.slice.Tensor, aten.select.int, aten.expand.default, aten.clone.default, aten.contiguous.default),
    *(aten.roll.default, aten.flip.default, aten.sum.dim_IntList, aten.mean.dim, aten.neg.default),
    *(aten.constant_pad_nd.default, aten.pad.default, aten.alias.default, aten.detach.default),
}
_SAME = {aten.resolve_conj.default, aten.resolve_neg.default, aten.lift_fresh_copy.default}

_ONE_AXIS: dict[Any, Any] = {
    aten.fft_fft.default: torch.fft.fft,
    aten.fft_ifft.default: torch.fft.ifft,
    aten.fft_rfft.default: torch.fft.rfft,
    aten.fft_irfft.default: torch.fft.irfft,
    aten.fft_hfft.default: torch.fft.hfft,
    aten.fft_ihfft.default: torch.fft.ihfft,
}
_SEVERAL_AXES: dict[Any, tuple[Any, Any]] = {
    aten.fft_fft2.default: (torch.fft.fft, torch.fft.fft),
    aten.fft_fftn.default: (torch.fft.fft, torch.fft.fft),
    aten.fft_ifft2.default: (torch.fft.ifft, torch.fft.ifft),
    aten.fft_ifftn.default: (torch.fft.ifft, torch.fft.ifft),
    aten.fft_rfft2.default: (torch.fft.fft, torch.fft.rfft),
    aten.fft_rfftn.default: (torch.fft.fft, torch.fft.rfft),
    aten.fft_irfft2.default: (torch.fft.ifft, torch.fft.irfft),
    aten.fft_irfftn.default: (torch.fft.ifft, torch.fft.irfft),
}
"""The transform of all axes but the last, and of the last."""

Transform = Callable[..., Tensor]


def without_complex_numbers(graph: fx.Graph) -> None:
    """Rewrite a graph, which belongs to a module, in place.

    Raises:
        ConversionError: an operator on complex numbers is not known, or the network returns them.
    """
    if any(map(_is_complex, graph.nodes)):
        _Rewriting(graph).run()


def _is_complex(node: fx.Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.is_complex()


class _Rewriting:
    """One pass over a graph, with the pair of each complex node so far."""

    def __init__(self, graph: fx.Graph) -> None:
        self._graph = graph
        self._pairs: dict[fx.Node, Pair] = {}

    def run(self) -> None:
        """Replace every operator that takes or gives complex numbers, then erase them."""
        for node in list(self._graph.nodes):
            takes = [source for source in node.all_input_nodes if _is_complex(source)]
            if node.op == "output" and takes:
                raise ConversionError(
                    "the network returns complex numbers; return torch.view_as_real of them", code="complex_numbers"
                )
            if node.op != "output" and (takes or _is_complex(node)):
                self._rewrite(node)
        for node in reversed(list(self._graph.nodes)):
            if node in self._pairs and not node.users and _is_complex(node):
                self._graph.erase_node(node)

    def _rewrite(self, node: fx.Node) -> None:
        result = self._result(node)
        if isinstance(result, tuple):
            self._pairs[node] = result
        else:
            node.replace_all_uses_with(result)
            self._graph.erase_node(node)

    def _result(self, node: fx.Node) -> Pair | fx.Node:
        if node.op == "get_attr":
            held = tensor_of(node)
            if held is None:
                raise AssertionError(f"{node.name} is no constant")
            after = next(iter(node.users))
            real, imaginary = (
                add_parameter(after, f"{node.name}_{part}", value.contiguous())
                for part, value in (("real", held.real), ("imaginary", held.imag))
            )
            return real, imaginary
        target = node.target
        if target in _ONE_AXIS:
            return self._one_axis(node)
        if target in _SEVERAL_AXES:
            return self._several_axes(node)
        if target in _ON_BOTH:
            first, second = self._parts(node.args[0])
            return tuple(emit(node, target, (part, *node.args[1:]), node.kwargs) for part in (first, second))  # type: ignore[return-value]
        rule = _RULES.get(target)
        if rule is None:
            where = module_path(node) or "the network itself"
            raise ConversionError(
                f"{where} computes {target} on complex numbers, which no mobile runtime has and which is not known in "
                "real ones; write it with torch.view_as_real",
                code="complex_numbers",
            )
        return rule(self, node)

    def _parts(self, operand: Any) -> tuple[Any, Any]:
        """Real and imaginary part of an operand; the second is None where it is real."""
        if isinstance(operand, fx.Node):
            return self._pairs.get(operand, (operand, None))
        return (operand.real, operand.imag) if isinstance(operand, complex) else (operand, None)

    def _one_axis(self, node: fx.Node) -> Pair | fx.Node:
        bound = arguments(node)
        x = self._parts(bound["self"])
        axis = bound["dim"] % len(shape(x[0]))
        transform = _ONE_AXIS[node.target]
        return _single(self._transformed(node, transform, x, axis, bound["n"], bound["norm"]))

    def _several_axes(self, node: fx.Node) -> Pair | fx.Node:
        bound = arguments(node)
        x = self._parts(bound["self"])
        rank = len(shape(x[0]))
        axes = bound["dim"] if bound["dim"] is not None else list(range(rank))[-len(bound["s"] or range(rank)) :]
        axes = [axis % rank for axis in axes]
        sizes = bound["s"] or [None] * len(axes)
        others, last = _SEVERAL_AXES[node.target]
        steps = [(last, axes[-1], sizes[-1])]
        rest = [(others, axis, size) for axis, size in zip(axes[:-1], sizes[:-1], strict=True)]
        # A real transform comes first where its input is real, and last where its result is.
        for transform, axis, size in (*rest, *steps) if last is torch.fft.irfft else (*steps, *reversed(rest)):
            x = self._transformed(node, transform, x, axis, size, bound["norm"])
        return _single(x)

    def _transformed(
        self, node: fx.Node, transform: Transform, x: tuple[Any, Any], axis: int, size: int | None, norm: str | None
    ) -> tuple[Any, Any]:
        """One axis of a pair by the matrices of the transform."""
        before = shape(x[0])[axis]
        real_only = transform in (torch.fft.rfft, torch.fft.ihfft)
        identity = torch.eye(before, dtype=torch.float64)
        of_real = transform(identity, size, 0, norm)
        parts: list[fx.Node | None] = [None, None]
        for part, matrix in ((x[0], of_real), (x[1], None if real_only else transform(identity * 1j, size, 0, norm))):
            if part is None or matrix is None:
                continue
            faces = (matrix.real, matrix.imag) if matrix.is_complex() else (matrix, None)
            for place, face in enumerate(faces):
                if face is not None and bool(face.abs().max() > 0):
                    product = along(node, part, axis, face)
                    before_ = parts[place]
                    parts[place] = product if before_ is None else emit(node, aten.add.Tensor, (before_, product))
        if parts[1] is None and of_real.is_complex():
            parts[1] = emit(node, aten.mul.Tensor, (parts[0], 0.0))
        return parts[0], parts[1]


def _single(parts: tuple[Any, Any]) -> Pair | fx.Node:
    first: fx.Node = parts[0]
    return first if parts[1] is None else parts


def _view_as_real(rewriting: _Rewriting, node: fx.Node) -> fx.Node:
    parts = [emit(node, aten.unsqueeze.default, (part, -1)) for part in rewriting._parts(node.args[0])]
    return emit(node, aten.cat.default, (parts, -1))


def _view_as_complex(_: _Rewriting, node: fx.Node) -> Pair:
    x = node.args[0]
    return emit(node, aten.select.int, (x, -1, 0)), emit(node, aten.select.int, (x, -1, 1))


def _complex(_: _Rewriting, node: fx.Node) -> Pair:
    real, imaginary = node.args[:2]
    return real, imaginary  # type: ignore[return-value]


def _polar(_: _Rewriting, node: fx.Node) -> Pair:
    size, angle = node.args[:2]
    cosine, sine = emit(node, aten.cos.default, (angle,)), emit(node, aten.sin.default, (angle,))
    return emit(node, aten.mul.Tensor, (size, cosine)), emit(node, aten.mul.Tensor, (size, sine))


def _real(rewriting: _Rewriting, node: fx.Node) -> fx.Node:
    part: fx.Node = rewriting._parts(node.args[0])[0]
    return part


def _imaginary(rewriting: _Rewriting, node: fx.Node) -> fx.Node:
    part: fx.Node = rewriting._parts(node.args[0])[1]
    return part


def _conjugate(rewriting: _Rewriting, node: fx.Node) -> Pair:
    real, imaginary = rewriting._parts(node.args[0])
    return real, emit(node, aten.neg.default, (imaginary,))


def _size(rewriting: _Rewriting, node: fx.Node) -> fx.Node:
    return emit(node, aten.sqrt.default, (_squared_size(node, rewriting._parts(node.args[0])),))


def _squared_size(node: fx.Node, pair: tuple[Any, Any]) -> fx.Node:
    squares = [emit(node, aten.mul.Tensor, (part, part)) for part in pair]
    return emit(node, aten.add.Tensor, tuple(squares))


def _angle(rewriting: _Rewriting, node: fx.Node) -> fx.Node:
    real, imaginary = rewriting._parts(node.args[0])
    return emit(node, aten.atan2.default, (imaginary, real))


def _sum(rewriting: _Rewriting, node: fx.Node) -> Pair:
    """A sum or a difference."""
    (a, b), (c, d) = rewriting._parts(node.args[0]), rewriting._parts(node.args[1])
    real = emit(node, node.target, (a, c), node.kwargs)
    if b is not None and d is not None:
        return real, emit(node, node.target, (b, d), node.kwargs)
    if b is not None:
        return real, _as_wide(node, b, real)
    factor = float(arguments(node)["alpha"]) * (1.0 if node.target is aten.add.Tensor else -1.0)
    return real, _as_wide(node, emit(node, aten.mul.Tensor, (d, factor)), real)


def _as_wide(node: fx.Node, part: fx.Node, other: fx.Node) -> fx.Node:
    return part if shape(part) == shape(other) else emit(node, aten.expand.default, (part, list(shape(other))))


def _product(rewriting: _Rewriting, node: fx.Node) -> Pair:
    """A product or quotient of elements, or a product of matrices."""
    (a, b), (c, d) = rewriting._parts(node.args[0]), rewriting._parts(node.args[1])
    if node.target is aten.div.Tensor and d is not None:
        size = _squared_size(node, (c, d))
        c, d = (emit(node, aten.div.Tensor, (part, size)) for part in (c, d))
        d = emit(node, aten.neg.default, (d,))
    target = aten.mul.Tensor if node.target is aten.div.Tensor and d is not None else node.target
    if d is None:
        return emit(node, target, (a, c)), emit(node, target, (b, c))
    if b is None:
        return emit(node, target, (a, c)), emit(node, target, (a, d))
    real = emit(node, aten.sub.Tensor, (emit(node, target, (a, c)), emit(node, target, (b, d))))
    return real, emit(node, aten.add.Tensor, (emit(node, target, (a, d)), emit(node, target, (b, c))))


def _einsum(rewriting: _Rewriting, node: fx.Node) -> Pair:
    equation, operands = node.args[0], node.args[1]
    if not isinstance(operands, Sequence) or len(operands) != 2:
        raise ConversionError(
            f"{module_path(node)} computes an einsum of complex numbers that has not two operands",
            code="complex_numbers",
        )

    def product(x: fx.Node, y: fx.Node) -> fx.Node:
        return emit(node, aten.einsum.default, (equation, [x, y]))

    (a, b), (c, d) = rewriting._parts(operands[0]), rewriting._parts(operands[1])
    if d is None:
        return product(a, c), product(b, c)
    if b is None:
        return product(a, c), product(a, d)
    real = emit(node, aten.sub.Tensor, (product(a, c), product(b, d)))
    return real, emit(node, aten.add.Tensor, (product(a, d), product(b, c)))


def _joined(rewriting: _Rewriting, node: fx.Node) -> Pair:
    pairs = [rewriting._parts(part) for part in node.args[0]]  # type: ignore[union-attr]
    real = emit(node, node.target, ([pair[0] for pair in pairs], *node.args[1:]), node.kwargs)
    return real, emit(node, node.target, ([pair[1] for pair in pairs], *node.args[1:]), node.kwargs)


def _zeros(_: _Rewriting, node: fx.Node) -> Pair:
    sizes = list(shape(node))
    real, imaginary = (emit(node, aten.zeros.default, (sizes,), {"dtype": torch.float32}) for _part in range(2))
    return real, imaginary


def _written(rewriting: _Rewriting, node: fx.Node) -> Pair:
    """Into a part of a tensor."""
    (a, b), (c, d) = rewriting._parts(node.args[0]), rewriting._parts(node.args[1])
    real = emit(node, node.target, (a, c, *node.args[2:]), node.kwargs)
    return real, emit(node, node.target, (b, d, *node.args[2:]), node.kwargs)


def _shifted(rewriting: _Rewriting, node: fx.Node) -> Pair:
    """`fftshift`, or back."""
    real, imaginary = rewriting._parts(node.args[0])
    axes = arguments(node)["dim"]
    axes = list(range(len(shape(real)))) if axes is None else [axis % len(shape(real)) for axis in axes]
    back = node.target is aten.fft_ifftshift.default
    shifts = [(shape(real)[axis] + back) // 2 for axis in axes]
    return emit(node, aten.roll.default, (real, shifts, axes)), emit(node, aten.roll.default, (imaginary, shifts, axes))


def _same(rewriting: _Rewriting, node: fx.Node) -> Pair:
    return rewriting._parts(node.args[0])


Rule = Callable[[_Rewriting, fx.Node], Pair | fx.Node]
_RULES: dict[Any, Rule] = {
    aten.view_as_real.default: _view_as_real,
    aten.view_as_complex.default: _view_as_complex,
    aten.complex.default: _complex,
    aten.polar.default: _polar,
    aten.real.default: _real,
    aten.imag.default: _imaginary,
    aten.conj.default: _conjugate,
    aten._conj.default: _conjugate,
    aten.conj_physical.default: _conjugate,
    aten.abs.default: _size,
    aten.angle.default: _angle,
    aten.fft_fftshift.default: _shifted,
    aten.fft_ifftshift.default: _shifted,
    aten.einsum.default: _einsum,
    aten.cat.default: _joined,
    aten.stack.default: _joined,
    aten.copy.default: _written,
    aten.slice_scatter.default: _written,
    aten.select_scatter.default: _written,
    **dict.fromkeys((aten.add.Tensor, aten.sub.Tensor), _sum),
    **dict.fromkeys((aten.mul.Tensor, aten.div.Tensor, aten.matmul.default, aten.bmm.default), _product),
    **dict.fromkeys((aten.zeros.default, aten.zeros_like.default), _zeros),
    **dict.fromkeys(_SAME, _same),
}
