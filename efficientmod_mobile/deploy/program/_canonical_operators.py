"""Operators that `torch.export` writes in several ways are brought to one form, the only one that transforms read.

view(x), _unsafe_view(x)                                   ->  reshape(x), which has no condition on strides
_native_batch_norm_legit_no_training(x, w, b, m, v)[0]     ->  batch_norm(x, w, b, m, v, training=False)
ones(size), linspace(0, 1, n), arange(0.0, n), ...         ->  the same with the dtype given
rms_norm(x, shape, w)                                      ->  rms_norm(x, shape, w, eps), eps that of x's dtype
max_pool2d(x, size), avg_pool2d(x, size)                   ->  the same with the stride given: the size
"""

import operator

import torch
from torch import Tensor, fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy.program._graph import arguments, emit, is_call, replace, set_argument

aten = torch.ops.aten


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
        elif _creates_floats(node) and arguments(node)["dtype"] is None:
            # The default is PyTorch's default dtype, which does not follow the program's.
            set_argument(node, "dtype", node.meta["val"].dtype)


def _creates_floats(node: fx.Node) -> bool:
    """Whether the node creates a floating-point tensor from no other tensor and has a dtype argument."""
    if not isinstance(node.target, OpOverload) or node.all_input_nodes or "dtype" not in arguments(node):
        return False
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.is_floating_point()
