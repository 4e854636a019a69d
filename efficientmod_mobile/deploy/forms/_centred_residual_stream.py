"""The mean over channels that LayerNorm subtracts is removed by the weights of the layers that write its input.

LayerNorm(x) = RMSNorm(P x) with P = I - 1 1^T / C, which subtracts the mean (w, b as they were).

If only norms read a residual stream, P is folded into every layer that writes to it:

    x = sum_i (W_i z_i + b_i)                 ->  x' = sum_i (P W_i z_i + P b_i) = P x
    LayerNorm(x)                              ->  RMSNorm(x')

If layers read it too (a downsampling convolution), the mean must be kept. Let Q be the reflection that maps the
constant vector 1 / sqrt(C) to the first unit vector (Householder 1958). The first channel of Q x is the mean times
sqrt(C); the others are what LayerNorm normalises.

    x = sum_i (W_i z_i + b_i)                 ->  x' = sum_i (Q W_i z_i + Q b_i) = Q x
    V LayerNorm(x), no affine                 ->  (V Q) D y,   y = x' * rsqrt(1^T D x'^2 / C + eps)
    V x, V a layer that reads the stream      ->  (V Q) x'                            D = diag(0, 1, ..., 1)

P, Q and D are folded into weights. Each norm of the stream loses two operators; one layer is added for each source
that is not a layer and for each reader that is neither a norm nor a layer. (Ashkboos et al., "SliceGPT", ICLR 2024: a
LayerNorm is an RMSNorm of a centred stream, and RMSNorm commutes with rotations.)
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Layer,
    Refuse,
    ResidualStream,
    is_layer,
    is_move,
    layer_of,
    moved_axis,
    reading_layer,
    stream_of,
)
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace, shape

aten = torch.ops.aten


@dataclass(frozen=True)
class Centring:
    """How to rewrite a stream of `channels`: which layers to change, and where to insert one.

    With `reflects` the mean is kept (Q), else removed (P). `writers` are the sources that are changed, `mixed` those
    that get a layer behind them. `readers` are the layers that read the stream, `norm_readers` those that read its
    norms. `other_readers` are the remaining ones, with the node that they read, which get a layer before them;
    `unmixed` are those that can read the unchanged source.
    """

    stream: ResidualStream
    channels: int
    reflects: bool
    norms: tuple[fx.Node, ...]
    writers: tuple[fx.Node, ...]
    mixed: tuple[fx.Node, ...]
    readers: tuple[fx.Node, ...]
    norm_readers: tuple[fx.Node, ...]
    other_readers: tuple[tuple[fx.Node, fx.Node], ...]
    unmixed: tuple[tuple[fx.Node, fx.Node], ...]


@register
class CentreStreams(Transform[Centring]):
    """Replace the LayerNorms of a residual stream by RMS norms."""

    name: ClassVar[str] = "centre_streams"

    def check(self, node: fx.Node) -> Centring | Refuse | None:
        """Match the first LayerNorm of a stream; refuse if as many layers are added as subtractions removed."""
        if not _is_norm(node):
            return None
        if shape(node)[-1] == 1:
            return Refuse("its stream has one channel, which equals its mean")
        axis = len(shape(node)) - 1
        stream = stream_of(node.args[0], axis)  # type: ignore[arg-type]
        norms = [reader for reader, member in stream.readers if _normalises(reader, member, stream)]
        if any(norm < node for norm in norms):
            return None  # the whole stream is rewritten at its first norm
        if not all(_can_mix(member, axis) for member, axis in stream.axes.items()):
            return Refuse("the channels of its stream are neither the last axis nor axis 1 of (N, C, H, W)")
        centring = _plan(stream, tuple(norms), shape(node)[-1])
        added = len(centring.mixed) + len({member for _, member in centring.other_readers})
        if not centring.norms or (added and added >= len(centring.norms)):
            return Refuse(
                f"centring the {len(norms)} norms of its stream adds {added} layer{'s' * (added > 1)}: "
                f"{_why(centring, norms)}"
            )
        return centring

    def rewrite(self, match: Centring) -> None:
        """Change the layers' weights, insert layers, and replace the norms by RMS norms."""
        dtype = match.norms[0].meta["val"].dtype
        into = _reflection(match.channels, dtype) if match.reflects else _centring(match.channels, dtype)
        for writer in match.writers:
            _mix_outputs(writer, into)
        for source in match.mixed:
            readers = [user for user in source.users if (user, source) not in match.unmixed]
            mixed = _mixing_layer(source, source.next, match.stream.axes[source], into)
            for reader in readers:
                reader.replace_input_with(source, mixed)
        for member in dict.fromkeys(member for _, member in match.other_readers):
            back = _mixing_layer(member, member.next, match.stream.axes[member], into)
            for reader, read in match.other_readers:
                if read is member:
                    reader.replace_input_with(member, back)
        for layer in match.readers:
            _mix_inputs(layer, into)
        normalised = into.clone()
        normalised[:, 0] = 0  # the channel of the mean, which is not normalised
        for layer in match.norm_readers:
            _mix_inputs(layer, normalised)
        for norm in match.norms:
            _write_norm(norm, match.reflects)


def _is_norm(node: fx.Node) -> bool:
    return is_call(node, aten.layer_norm.default) and len(arguments(node)["normalized_shape"]) == 1


def _normalises(reader: fx.Node, member: fx.Node, stream: ResidualStream) -> bool:
    return _is_norm(reader) and reader.args[0] is member and stream.axes[member] == len(shape(member)) - 1


def _can_mix(node: fx.Node, axis: int) -> bool:
    rank = len(shape(node))
    return axis == rank - 1 or (rank == 4 and axis == 1)


def _plan(stream: ResidualStream, norms: tuple[fx.Node, ...], channels: int) -> Centring:
    writers = tuple(source for source in stream.sources if _writes(source, stream))
    mixed = tuple(source for source in stream.sources if source not in writers)
    others = [(reader, member) for reader, member in stream.readers if reader not in norms]
    if not others:
        return Centring(stream, channels, False, norms, writers, mixed, (), (), (), ())
    layers = [reader for reader, member in others if reading_layer(reader, member, stream.axes[member])]
    readers_of = {norm: _layers_that_read(norm) for norm in norms}
    rotated = tuple(norm for norm in norms if readers_of[norm] is not None)
    remaining = [pair for pair in stream.readers if pair[0] not in layers and pair[0] not in rotated]
    unmixed = tuple(pair for pair in remaining if pair[1] in mixed)
    other = tuple(pair for pair in remaining if pair[1] not in mixed)
    norm_readers = tuple(layer for norm in rotated for layer in readers_of[norm] or ())
    return Centring(stream, channels, True, rotated, writers, mixed, tuple(layers), norm_readers, other, unmixed)


def _writes(source: fx.Node, stream: ResidualStream) -> bool:
    """Whether a source is a layer whose output channels can be multiplied by a matrix."""
    if not is_layer(source):
        return False
    layer = layer_of(source)
    mixes = isinstance(layer, Layer) and layer.kind != "transposed" and layer.groups == 1
    return mixes and isinstance(layer, Layer) and layer.axis == stream.axes[source]


def _layers_that_read(norm: fx.Node) -> list[fx.Node] | None:
    """The layers that read a norm without affine; None if it has an affine or other users."""
    bound = arguments(norm)
    if bound["weight"] is not None or bound["bias"] is not None:
        return None
    layers, waiting = list[fx.Node](), [(norm, len(shape(norm)) - 1)]
    while waiting:
        node, axis = waiting.pop()
        for user in node.users:
            below = _kept_axis(user, axis)
            if below is not None:
                waiting.append((user, below))
            elif reading_layer(user, node, axis) is not None:
                layers.append(user)
            else:
                return None
    return layers


def _kept_axis(user: fx.Node, axis: int) -> int | None:
    """The channel axis after a move, or after a mean over other axes; None for any other node."""
    if is_move(user):
        return moved_axis(user, axis)
    if not is_call(user, aten.mean.dim):
        return None
    bound = arguments(user)
    rank = len(shape(user.all_input_nodes[0]))
    dims = [dim % rank for dim in bound["dim"] or range(rank)]
    if axis in dims:
        return None
    return axis if bound["keepdim"] else axis - sum(dim < axis for dim in dims)


def _why(centring: Centring, norms: list[fx.Node]) -> str:
    kept = [norm.name for norm in norms if norm not in centring.norms]
    names = [source.name for source in centring.mixed] + [reader.name for reader, _ in centring.other_readers]
    return f"the projection cannot be folded into {', '.join(dict.fromkeys([*names, *kept]))}"


def _centring(channels: int, dtype: torch.dtype) -> Tensor:
    return torch.eye(channels, dtype=dtype) - 1 / channels


def _reflection(channels: int, dtype: torch.dtype) -> Tensor:
    """Q = I - 2 u u^T / (u^T u) with u = e_1 - 1 / sqrt(C): symmetric, and its own inverse."""
    u = torch.full((channels,), -(channels**-0.5), dtype=dtype)
    u[0] += 1
    return torch.eye(channels, dtype=dtype) - 2 * torch.outer(u, u) / u.dot(u)


def _mix_outputs(node: fx.Node, matrix: Tensor) -> None:
    layer = layer_of(node)
    if not isinstance(layer, Layer):
        raise AssertionError(f"{node.name} is a layer")
    bias = None if layer.bias is None else matrix @ layer.bias
    layer.write((matrix @ layer.weight.flatten(1)).reshape(layer.weight.shape), bias)


def _mix_inputs(node: fx.Node, matrix: Tensor) -> None:
    layer = layer_of(node)
    if not isinstance(layer, Layer):
        raise AssertionError(f"{node.name} is a layer")
    layer.write(torch.einsum("oi...,ij->oj...", layer.weight, matrix), layer.bias)


def _mixing_layer(source: fx.Node, before: fx.Node, axis: int, matrix: Tensor) -> fx.Node:
    """Insert a layer without bias that multiplies the channels by a matrix."""
    last = axis == len(shape(source)) - 1
    weight = add_parameter(before, f"{source.name}_mix_weight", matrix if last else matrix[:, :, None, None])
    return emit(before, aten.linear.default if last else aten.conv2d.default, (source, weight), like=source)


def _write_norm(norm: fx.Node, reflects: bool) -> None:
    bound = arguments(norm)
    x, eps, channels = bound["input"], bound["eps"], shape(norm)[-1]
    if not reflects:
        y = emit(norm, aten.rms_norm.default, (x, [channels], bound["weight"], eps))
        replace(norm, y if bound["bias"] is None else emit(norm, aten.add.Tensor, (y, bound["bias"])))
        return
    dtype = x.meta["val"].dtype
    average = torch.full((1, channels), 1 / channels, dtype=dtype)
    average[0, 0] = 0
    weight = add_parameter(norm, f"{norm.name}_mean_weight", average)
    shift = add_parameter(norm, f"{norm.name}_mean_bias", torch.full((1,), eps, dtype=dtype))
    square = emit(norm, aten.mul.Tensor, (x, x))
    inverse = emit(norm, aten.rsqrt.default, (emit(norm, aten.linear.default, (square, weight, shift)),))
    replace(norm, emit(norm, aten.mul.Tensor, (x, inverse)))
