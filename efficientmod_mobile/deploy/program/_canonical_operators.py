"""Operators that `torch.export` writes in several ways are brought to one form, the only one that transforms read.

view(x), _unsafe_view(x)                                   ->  reshape(x), which has no condition on strides
_native_batch_norm_legit_no_training(x, w, b, m, v)[0]     ->  batch_norm(x, w, b, m, v, training=False)
ones(size), linspace(0, 1, n), arange(0.0, n), ...         ->  the same with the dtype given
rms_norm(x, shape, w)                                      ->  rms_norm(x, shape, w, eps), eps that of x's dtype
conv2d(x), max_pool2d(x), x without a batch axis           ->  conv2d(x as a batch of one), the same back
max_pool2d(x, size), avg_pool2d(x, size)                   ->  the same with the stride given: the size
hardtanh(x, -2, 1)                                         ->  hardtanh(x, -2.0, 1.0), where x is no integer
"""

import operator

import torch
from torch import Tensor, fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy.program._graph import (
    arguments,
    emit,
    is_call,
    refresh,
    replace,
    set_argument,
    shape,
)

aten = torch.ops.aten

_BATCHES = {
    aten.conv1d.default: 3,
    aten.conv2d.default: 4,
    aten.conv3d.default: 5,
    aten.conv_transpose1d.default: 3,
    aten.conv_transpose2d.input: 4,
    aten.conv_transpose3d.input: 5,
    aten.adaptive_avg_pool2d.default: 4,
    aten.avg_pool2d.default: 4,
    aten.max_pool2d.default: 4,
}
"""Operators that take images with or without a batch axis, and the axes of a batch."""


def canonicalise(graph: fx.Graph) -> None:
    """Rewrite the nodes of a graph, which belongs to a module, in their canonical form."""
    for node in list(graph.nodes):
        if is_call(node, aten.view.default, aten._unsafe_view.default):
            node.target = aten.reshape.default
        elif is_call(node, operator.getitem) and is_call(
            node.args[0], aten._native_batch_norm_legit_no_training.default
        ):
            bound = arguments(node.args[0])
            constants = [bound[name] for name in ("input", "weight", "bias", "running_mean", "running_var")]
            norm = emit(node, aten.batch_norm.default, (*constants, False, bound["momentum"], bound["eps"], False))
            replace(node, norm)
        elif is_call(node, aten.rms_norm.default) and arguments(node)["eps"] is None:
            # The default is that of the input's dtype, so it would change when the program's dtype does.
            set_argument(node, "eps", torch.finfo(node.meta["val"].dtype).eps)
        elif is_call(node, aten.max_pool2d.default, aten.avg_pool2d.default) and not arguments(node)["stride"]:
            set_argument(node, "stride", list(arguments(node)["kernel_size"]))
        elif is_call(node, aten.hardtanh.default) and node.meta["val"].is_floating_point():
            for name in ("min_val", "max_val"):
                set_argument(node, name, float(arguments(node)[name]))
        elif _creates_floats(node) and arguments(node)["dtype"] is None:
            # The default is PyTorch's default dtype, which does not follow the program's.
            set_argument(node, "dtype", node.meta["val"].dtype)
        if is_call(node, *_BATCHES) and len(shape(node)) < _BATCHES[node.target]:
            _give_batch_axis(node)


def _give_batch_axis(node: fx.Node) -> None:
    """Let the operator work on a batch of one, and its users read what is in it."""
    set_argument(node, _image(node), emit(node, aten.unsqueeze.default, (arguments(node)[_image(node)], 0)))
    refresh(node)
    single = emit(node.next, aten.squeeze.dim, (node, 0), like=node)
    node.replace_all_uses_with(single, delete_user_cb=lambda user: user is not single)


def _image(node: fx.Node) -> str:
    """The name of the operator's first argument."""
    return "input" if "input" in arguments(node) else "self"


def _creates_floats(node: fx.Node) -> bool:
    """Whether the node creates a floating-point tensor from no other tensor and has a dtype argument."""
    if not isinstance(node.target, OpOverload) or node.all_input_nodes or "dtype" not in arguments(node):
        return False
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.is_floating_point()
