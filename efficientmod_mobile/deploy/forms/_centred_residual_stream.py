"""The mean over channels that LayerNorm subtracts is taken out of the layers that write to the stream it reads.

LayerNorm(x) = RMSNorm(P x) with P = I - 1 1^T / C, which subtracts the mean (w, b as they were).

Where norms alone read a stream, P goes into everything that writes to it, and the mean is never needed again:

    x = sum_i (W_i z_i + b_i)                 ->  x' = sum_i (P W_i z_i + P b_i) = P x
    LayerNorm(x)                              ->  RMSNorm(x')

Where layers read it too (a downsampling convolution), the mean must survive. Let Q be the reflection that maps the
constant vector 1 / sqrt(C) to the first unit vector (Householder 1958): then Q x holds the mean, times sqrt(C), in its
first channel, and what LayerNorm normalises in the others.

    x = sum_i (W_i z_i + b_i)                 ->  x' = sum_i (Q W_i z_i + Q b_i) = Q x
    V LayerNorm(x), no affine                 ->  (V Q) D y,   y = x' * rsqrt(1^T D x'^2 / C + eps)
    V x, V a layer that reads the stream      ->  (V Q) x'                            D = diag(0, 1, ..., 1)

P, Q and D go into weights: each norm of the stream loses two operators and nothing is added, but one layer for each
source that is no layer and each reader that is neither. (That RMSNorm allows for rotations: Ashkboos et al.,
"SliceGPT", ICLR 2024; that LayerNorm is RMSNorm on a centred stream: the same.)
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Layer,
    Refuse,
    Stream,
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
    """What to do with a stream of `channels`: which layers to change, and where to put a new one.

    `reflects` says that the mean is kept (Q), else it is dropped (P). `readers` are the layers that read the stream,
    `behind` those that read its norms. `outsiders` are the other readers, with the node that they read; `unmixed`
    those of them that can read a source as it was.
    """

    stream: Stream
    channels: int
    reflects: bool
    norms: tuple[fx.Node, ...]
    writers: tuple[fx.Node, ...]
    mixed: tuple[fx.Node, ...]
    readers: tuple[fx.Node, ...]
    behind: tuple[fx.Node, ...]
    outsiders: tuple[tuple[fx.Node, fx.Node], ...]
    unmixed: tuple[tuple[fx.Node, fx.Node], ...]


@register
class CentreStreams(Transform[Centring]):
    """Make the LayerNorms of a residual stream RMS norms."""

    name: ClassVar[str] = "centre_streams"

    def check(self, node: fx.Node) -> Centring | Refuse | None:
        """Match the first LayerNorm of a stream; refuse where more layers would come than subtractions go."""
        if not _is_norm(node):
            return None
        if shape(node)[-1] == 1:
            return Refuse("its stream has one channel, which is its own mean")
        axis = len(shape(node)) - 1
        stream = stream_of(node.args[0], axis)  # type: ignore[arg-type]
        norms = [reader for reader, member in stream.readers if _normalises(reader, member, stream)]
        if any(norm < node for norm in norms):
            return None  # the stream's first norm speaks for all
        if not all(_can_mix(member, axis) for member, axis in stream.axes.items()):
            return Refuse("its stream has the channels neither last nor at axis 1 of (N, C, H, W)")
        centring = _plan(stream, tuple(norms), shape(node)[-1])
        added = len(centring.mixed) + len({member for _, member in centring.outsiders})
        if not centring.norms or (added and added >= len(centring.norms)):
            return Refuse(
                f"centring the {len(norms)} norms of its stream takes {added} more layers: {_why(centring, norms)}"
            )
        return centring

    def rewrite(self, match: Centring) -> None:
        """Change the layers' weights, insert layers, and write the norms without their means."""
        dtype = match.norms[0].meta["val"].dtype
        into = _reflection(match.channels, dtype) if match.reflects else _centring(match.channels, dtype)
        for writer in match.writers:
            _mix_outputs(writer, into)
        for source in match.mixed:
            readers = [user for user in source.users if (user, source) not in match.unmixed]
            mixed = _mixing_layer(source, source.next, match.stream.axes[source], into)
            for reader in readers:
                reader.replace_input_with(source, mixed)
        for member in dict.fromkeys(member for _, member in match.outsiders):
            back = _mixing_layer(member, member.next, match.stream.axes[member], into)
            for reader, read in match.outsiders:
                if read is member:
                    reader.replace_input_with(member, back)
        for layer in match.readers:
            _mix_inputs(layer, into)
        normalised = into.clone()
        normalised[:, 0] = 0  # the mean's channel, which the norm does not centre
        for layer in match.behind:
            _mix_inputs(layer, normalised)
        for norm in match.norms:
            _write_norm(norm, match.reflects)


def _is_norm(node: fx.Node) -> bool:
    return is_call(node, aten.layer_norm.default) and len(arguments(node)["normalized_shape"]) == 1


def _normalises(reader: fx.Node, member: fx.Node, stream: Stream) -> bool:
    return _is_norm(reader) and reader.args[0] is member and stream.axes[member] == len(shape(member)) - 1


def _can_mix(node: fx.Node, axis: int) -> bool:
    rank = len(shape(node))
    return axis == rank - 1 or (rank == 4 and axis == 1)


def _plan(stream: Stream, norms: tuple[fx.Node, ...], channels: int) -> Centring:
    writers = tuple(source for source in stream.sources if _writes(source, stream))
    mixed = tuple(source for source in stream.sources if source not in writers)
    others = [(reader, member) for reader, member in stream.readers if reader not in norms]
    if not others:
        return Centring(stream, channels, False, norms, writers, mixed, (), (), (), ())
    layers = [reader for reader, member in others if reading_layer(reader, member, stream.axes[member])]
    behind = {norm: _layers_behind(norm) for norm in norms}
    rotated = tuple(norm for norm in norms if behind[norm] is not None)
    foreign = [pair for pair in stream.readers if pair[0] not in layers and pair[0] not in rotated]
    unmixed = tuple(pair for pair in foreign if pair[1] in mixed)
    outsiders = tuple(pair for pair in foreign if pair[1] not in mixed)
    after = tuple(layer for norm in rotated for layer in behind[norm] or ())
    return Centring(stream, channels, True, rotated, writers, mixed, tuple(layers), after, outsiders, unmixed)


def _writes(source: fx.Node, stream: Stream) -> bool:
    """Whether a source is a layer whose output channels can be mixed: the stream alone reads it."""
    if not is_layer(source):
        return False
    layer = layer_of(source)
    mixes = isinstance(layer, Layer) and layer.kind != "transposed" and layer.groups == 1
    return mixes and isinstance(layer, Layer) and layer.axis == stream.axes[source]


def _layers_behind(norm: fx.Node) -> list[fx.Node] | None:
    """The layers that read a norm without affine; None when anything else does."""
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
    """Where a move, or a mean over other axes, leaves the channels."""
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
    names = [source.name for source in centring.mixed] + [reader.name for reader, _ in centring.outsiders]
    return f"{', '.join(dict.fromkeys([*names, *kept]))} cannot take the projection over"


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
    """Insert a layer without bias that multiplies the channels with a matrix."""
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
