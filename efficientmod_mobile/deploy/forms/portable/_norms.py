"""Norms and activations with constants that some converter drops or refuses.

    InstanceNorm(x) with running statistics  =  BatchNorm(x)
    BatchNorm(x) with the batch's statistics =  (x - m) * rsqrt(mean((x - m)^2) + eps) * w + b,  m over all but channels
    prelu(x)                                 =  relu(x) + w min(x, 0)                            where x is no image
    norm(x, p, axes)                         =  vector_norm(x, p, axes), the name that every converter knows
    matrix_norm(x, Frobenius)                =  vector_norm(x, 2, both axes)
    local sum over channels                  =  see `_pooling`

(InstanceNorm: Ulyanov et al. 2016; BatchNorm: Ioffe & Szegedy 2015; PReLU: He et al. 2015.)
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, shape, tensor_of

aten = torch.ops.aten


def _instance_norm(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if bound["use_input_stats"]:
        return None
    constants = [bound[name] for name in ("input", "weight", "bias", "running_mean", "running_var")]
    return lambda: emit(node, aten.batch_norm.default, (*constants, False, bound["momentum"], bound["eps"], False))


def _batch_norm(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if not bound["training"]:
        return None
    x = bound["input"]
    axes = [axis for axis in range(len(shape(x))) if axis != 1]

    def write() -> fx.Node:
        centred = emit(node, aten.sub.Tensor, (x, emit(node, aten.mean.dim, (x, axes, True))))
        variance = emit(node, aten.mean.dim, (emit(node, aten.mul.Tensor, (centred, centred)), axes, True))
        shifted = emit(node, aten.add.Tensor, (variance, float(bound["eps"])))
        y = emit(node, aten.mul.Tensor, (centred, emit(node, aten.rsqrt.default, (shifted,))))
        for target, held in ((aten.mul.Tensor, bound["weight"]), (aten.add.Tensor, bound["bias"])):
            if held is not None:
                y = emit(node, target, (y, _per_channel(node, held, len(shape(x)))))
        return y

    return write


def _prelu(node: fx.Node) -> Write | None:
    x, slope = arguments(node)["self"], arguments(node)["weight"]
    if len(shape(x)) == 4 and tensor_of(slope) is not None:
        return None

    def write() -> fx.Node:
        weight = _per_channel(node, slope, len(shape(x))) if len(shape(x)) > 1 else slope
        below = emit(node, aten.mul.Tensor, (emit(node, aten.clamp.default, (x, None, 0.0)), weight))
        return emit(node, aten.add.Tensor, (emit(node, aten.relu.default, (x,)), below))

    return write


def _vector_norm(node: fx.Node) -> Write:
    bound = arguments(node)
    order = 2 if bound["p"] is None else bound["p"]
    given = (bound["self"], order, bound["dim"], bound["keepdim"])
    return lambda: emit(node, aten.linalg_vector_norm.default, given)


def _matrix_norm(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if bound["ord"] != "fro":
        return None
    given = (bound["self"], 2, bound["dim"], bound["keepdim"])
    return lambda: emit(node, aten.linalg_vector_norm.default, given)


def _per_channel(node: fx.Node, vector: fx.Node, rank: int) -> fx.Node:
    """Insert a vector (C,) as (C, 1, ...) for a tensor (N, C, ...): a new parameter if it is one, else a reshape."""
    sizes = [-1, *[1] * (rank - 2)]
    held = tensor_of(vector)
    if held is None:
        return emit(node, aten.reshape.default, (vector, sizes))
    return add_parameter(node, str(vector.target), held.reshape(sizes)) if rank > 2 else vector


FORMS: dict[object, Form] = {
    aten.instance_norm.default: _instance_norm,
    aten.batch_norm.default: _batch_norm,
    aten.prelu.default: _prelu,
    aten.norm.ScalarOpt_dim: _vector_norm,
    aten.linalg_matrix_norm.str_ord: _matrix_norm,
}
