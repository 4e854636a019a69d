"""One spelling for what `torch.export` spells in several ways, so that a transform need know only one.

view(x), _unsafe_view(x)                                   ->  reshape(x), which asks for no strides
_native_batch_norm_legit_no_training(x, w, b, m, v)[0]     ->  batch_norm(x, w, b, m, v, training=False)
rms_norm(x, shape, w)                                      ->  rms_norm(x, shape, w, eps), eps of x's precision
"""

import operator

import torch
from torch import fx

from efficientmod_mobile.deploy._graph import arguments, emit, is_call, replace, set_argument

aten = torch.ops.aten


def spell(graph: fx.Graph) -> None:
    """Change the nodes of a graph, which belongs to a module, to the one spelling."""
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
            # PyTorch takes that of the input's precision: it would change with the program's.
            set_argument(node, "eps", torch.finfo(node.meta["val"].dtype).eps)
