"""Sums, means and norms for XNNPACK, which has a mean over height and width and a softmax over the last axis.

    sum over H x W        =  H W * mean over H x W
    sum over channels     =  conv1x1(x, 1 ... 1),  sum over the last axis  =  linear(x, 1 ... 1)
    mean over channels    =  conv1x1(x, 1/C ... 1/C); over the last axis in the same way
    ||x||                 =  sqrt(sum(x^2))
    var                   =  mean((x - mean(x))^2) * n / (n - correction)        std is its square root
    InstanceNorm(x)       =  (x - m) * rsqrt(mean((x - m)^2) + eps) * w + b,  m = mean over H x W
    GroupNorm(x)          =  the same, m and the mean of squares averaged over each group by a grouped conv1x1
    softmax(x)            =  softmax over the rows of a matrix, the axis permuted to be last

(InstanceNorm: Ulyanov et al. 2016; GroupNorm: Wu & He 2018.)
"""

from math import prod

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write, constant, reshaped
from efficientmod_mobile.deploy.forms._norm_in_operators import per_channel
from efficientmod_mobile.deploy.forms.xnnpack._pooling import global_mean, mean_of_image
from efficientmod_mobile.deploy.program import arguments, emit, is_call, shape

aten = torch.ops.aten


def _axes(node: fx.Node) -> list[int]:
    rank = len(shape(node.all_input_nodes[0]))
    return sorted(axis % rank for axis in arguments(node)["dim"] or range(rank))


def _over_one_axis(node: fx.Node, factor: float) -> Write | None:
    """The sum over the channels of an image, or over the last axis, times a factor."""
    (x,), axes = node.all_input_nodes, _axes(node)
    if axes == [1] and len(shape(x)) == 4:
        weight, target = torch.full((1, shape(x)[1], 1, 1), factor, dtype=torch.float64), aten.conv2d.default
    elif axes == [len(shape(x)) - 1] and len(shape(x)) > 1:
        weight, target = torch.full((1, shape(x)[-1]), factor, dtype=torch.float64), aten.linear.default
    else:
        return None
    return lambda: reshaped(node, emit(node, target, (x, constant(node, "weight", weight))))


def _sum(node: fx.Node) -> Write | None:
    if arguments(node)["dtype"] is not None or not node.meta["val"].is_floating_point():
        return None
    (x,) = node.all_input_nodes
    if len(shape(x)) != 4 or _axes(node) != [2, 3]:
        return _over_one_axis(node, 1.0)
    count = float(prod(shape(x)[2:]))
    return lambda: reshaped(node, emit(node, aten.mul.Tensor, (global_mean(node, x), count)))


def _mean(node: fx.Node) -> Write | None:
    if arguments(node)["dtype"] is not None:
        return None
    (x,), axes = node.all_input_nodes, _axes(node)
    if len(axes) == 1:
        return _over_one_axis(node, 1 / shape(x)[axes[0]])
    if len(shape(x)) != 4 or axes not in ([1, 2], [2, 3]):
        return None
    if axes == [2, 3]:
        return mean_of_image(node)
    # (N, H, W, C)
    return lambda: reshaped(node, global_mean(node, emit(node, aten.permute.default, (x, [0, 3, 1, 2]))))


def _length(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if bound["ord"] != 2 or bound["dtype"] is not None or bound["dim"] is None:
        return None

    def write() -> fx.Node:
        (x,) = node.all_input_nodes
        total = emit(node, aten.sum.dim_IntList, (_squared(node, x), bound["dim"], bound["keepdim"]))
        return emit(node, aten.sqrt.default, (total,))

    return write


def _variance(node: fx.Node) -> Write | None:
    (x,), bound, axes = node.all_input_nodes, arguments(node), _axes(node)
    rank = len(shape(x))
    if axes != [rank - 1] and not (rank == 4 and axes in ([1], [2, 3])):
        return None
    count = prod(shape(x)[axis] for axis in axes)
    correction = int(bound["unbiased"]) if "unbiased" in bound else bound["correction"]
    rest = count - (1 if correction is None else correction)
    if rest <= 0:
        return None

    def write() -> fx.Node:
        away = emit(node, aten.sub.Tensor, (x, emit(node, aten.mean.dim, (x, axes, True))))
        mean = emit(node, aten.mean.dim, (_squared(node, away), axes, True))
        variance = emit(node, aten.mul.Tensor, (mean, count / rest))
        root = is_call(node, aten.std.dim, aten.std.correction)
        return reshaped(node, emit(node, aten.sqrt.default, (variance,)) if root else variance)

    return write


def _squared(node: fx.Node, x: fx.Node) -> fx.Node:
    return emit(node, aten.mul.Tensor, (x, x))


def _instance_norm(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if not bound["use_input_stats"] or len(shape(node)) != 4:
        return None
    return lambda: _normalised(node, shape(node)[1])


def _group_norm(node: fx.Node) -> Write | None:
    return (lambda: _normalised(node, arguments(node)["num_groups"])) if len(shape(node)) == 4 else None


def _normalised(node: fx.Node, groups: int) -> fx.Node:
    bound = arguments(node)
    x = emit(node, aten.sub.Tensor, (bound["input"], _mean_of_groups(node, bound["input"], groups)))
    variance = emit(node, aten.add.Tensor, (_mean_of_groups(node, _squared(node, x), groups), float(bound["eps"])))
    y = emit(node, aten.mul.Tensor, (x, emit(node, aten.rsqrt.default, (variance,))))
    for target, held in ((aten.mul.Tensor, bound["weight"]), (aten.add.Tensor, bound["bias"])):
        if held is not None:
            y = emit(node, target, (y, per_channel(node, held)))
    return y


def _mean_of_groups(node: fx.Node, x: fx.Node, groups: int) -> fx.Node:
    """Insert the mean (N, C, 1, 1) over the pixels and the channels of each channel's group."""
    mean, channels = global_mean(node, x), shape(x)[1]
    size = channels // groups
    if size == 1:
        return mean
    weight = constant(node, "mean_weight", torch.full((channels, size, 1, 1), 1 / size, dtype=torch.float64))
    return emit(node, aten.conv2d.default, (mean, weight, None, [1, 1], [0, 0], [1, 1], groups))


def _softmax(node: fx.Node) -> Write | None:
    (x,), rank = node.all_input_nodes, len(shape(node))
    axis = arguments(node)["dim"] % rank
    moves = axis != rank - 1
    if arguments(node)["dtype"] is not None or not (moves or rank == 4):
        return None
    order = [*(other for other in range(rank) if other != axis), axis]
    back = [order.index(place) for place in range(rank)]

    def write() -> fx.Node:
        last = emit(node, aten.permute.default, (x, order)) if moves else x
        # As a matrix: of a four-dimensional tensor, ExecuTorch would take the channels for the last axis.
        rows = emit(node, aten.reshape.default, (last, [-1, shape(x)[axis]]))
        soft = emit(node, aten.reshape.default, (emit(node, aten.softmax.int, (rows, -1)), list(shape(last))))
        return emit(node, aten.permute.default, (soft, back)) if moves else soft

    return write


FORMS: dict[object, Form] = {
    aten.sum.dim_IntList: _sum,
    aten.mean.dim: _mean,
    aten.linalg_vector_norm.default: _length,
    **dict.fromkeys((aten.var.dim, aten.var.correction, aten.std.dim, aten.std.correction), _variance),
    aten.instance_norm.default: _instance_norm,
    aten.group_norm.default: _group_norm,
    aten.softmax.int: _softmax,
}
