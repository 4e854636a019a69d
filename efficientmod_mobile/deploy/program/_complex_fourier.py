"""Fourier transforms of fixed size as products with constant matrices, of pairs of real numbers.

    fft(a + ib) along an axis  =  (C a - S b, S a + C b)           C + iS the matrix of the transform
    stft(x)                    =  rfft(windows of x, times the window)

The matrix is what PyTorch's own transform makes of the columns of the identity, so that every size, norm and padding is
its own. (Cooley & Tukey 1965 is faster; a product is what phones have.)
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.program._complex_rules import OfParts, Pair, Parts, Rule
from efficientmod_mobile.deploy.program._graph import arguments, emit, shape
from efficientmod_mobile.deploy.program._linear_map import along

aten = torch.ops.aten

Transform = Callable[..., Tensor]

_ONE_AXIS: dict[Any, Transform] = {
    aten.fft_fft.default: torch.fft.fft,
    aten.fft_ifft.default: torch.fft.ifft,
    aten.fft_rfft.default: torch.fft.rfft,
    aten.fft_irfft.default: torch.fft.irfft,
    aten.fft_hfft.default: torch.fft.hfft,
    aten.fft_ihfft.default: torch.fft.ihfft,
}
_SEVERAL_AXES: dict[Any, tuple[Transform, Transform]] = {
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


def _one_axis(parts: OfParts, node: fx.Node) -> Pair | fx.Node:
    bound = arguments(node)
    x = parts(bound["self"])
    axis = bound["dim"] % len(shape(x[0]))
    return _single(_transformed(node, _ONE_AXIS[node.target], x, axis, bound["n"], bound["norm"]))


def _several_axes(parts: OfParts, node: fx.Node) -> Pair | fx.Node:
    bound = arguments(node)
    x = parts(bound["self"])
    rank = len(shape(x[0]))
    axes = bound["dim"] if bound["dim"] is not None else list(range(rank))[-len(bound["s"] or range(rank)) :]
    axes = [axis % rank for axis in axes]
    sizes = bound["s"] or [None] * len(axes)
    others, last = _SEVERAL_AXES[node.target]
    steps = [(last, axes[-1], sizes[-1])]
    rest = [(others, axis, size) for axis, size in zip(axes[:-1], sizes[:-1], strict=True)]
    # A real transform comes first where its input is real, and last where its result is.
    for transform, axis, size in (*rest, *steps) if last is torch.fft.irfft else (*steps, *reversed(rest)):
        x = _transformed(node, transform, x, axis, size, bound["norm"])
    return _single(x)


def _transformed(
    node: fx.Node, transform: Transform, x: Parts, axis: int, size: int | None, norm: str | None
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
            if face is not None and bool(face.abs().max() > 1e-12):
                product = along(node, part, axis, _with_zeros(face))
                before_ = parts[place]
                parts[place] = product if before_ is None else emit(node, aten.add.Tensor, (before_, product))
    if parts[1] is None and of_real.is_complex():
        parts[1] = emit(node, aten.sub.Tensor, (parts[0], parts[0]))
    return parts[0], parts[1]


def _with_zeros(face: Tensor) -> Tensor:
    """The sines of multiples of pi, which are 1e-16, as 0: the angle of a negative number is pi, not -pi."""
    return torch.where(face.abs() > 1e-12 * face.abs().max(), face, 0.0)


def _single(parts: tuple[Any, Any]) -> Pair | fx.Node:
    first: fx.Node = parts[0]
    return first if parts[1] is None else parts


def _shifted(parts: OfParts, node: fx.Node) -> Pair:
    """`fftshift`, or back."""
    real, imaginary = parts(node.args[0])
    axes = arguments(node)["dim"]
    axes = list(range(len(shape(real)))) if axes is None else [axis % len(shape(real)) for axis in axes]
    back = node.target is aten.fft_ifftshift.default
    shifts = [(shape(real)[axis] + back) // 2 for axis in axes]
    return emit(node, aten.roll.default, (real, shifts, axes)), emit(node, aten.roll.default, (imaginary, shifts, axes))


def _short_time(parts: OfParts, node: fx.Node) -> Pair:
    """Of a real signal, which `torch.stft` has padded already: (..., samples) -> (..., frequencies, times)."""
    bound = arguments(node)
    size, step = bound["n_fft"], bound["hop_length"] or bound["n_fft"] // 4
    frames = emit(node, aten.unfold.default, (parts(bound["self"])[0], -1, size, step))
    if (window := bound["window"]) is not None:
        margin = size - shape(window)[0]
        if margin:
            window = emit(node, aten.constant_pad_nd.default, (window, [margin // 2, margin - margin // 2]))
        frames = emit(node, aten.mul.Tensor, (frames, window))
    transform = torch.fft.fft if bound["onesided"] is False else torch.fft.rfft
    norm = "ortho" if bound["normalized"] else None
    spectrum = _transformed(node, transform, (frames, None), len(shape(frames)) - 1, None, norm)
    real, imaginary = (emit(node, aten.transpose.int, (part, -2, -1)) for part in spectrum)
    return real, imaginary


RULES: dict[Any, Rule] = {
    **dict.fromkeys(_ONE_AXIS, _one_axis),
    **dict.fromkeys(_SEVERAL_AXES, _several_axes),
    aten.fft_fftshift.default: _shifted,
    aten.fft_ifftshift.default: _shifted,
    aten.stft.default: _short_time,
}
