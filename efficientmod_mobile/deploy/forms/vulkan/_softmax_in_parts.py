"""A softmax becomes its own definition.

    softmax(x) = e / sum(e),   e = exp(x - max(x))                       sum and max over the softmax's axis

ExecuTorch's Vulkan softmax runs four rows in one group of threads; where the rows are no multiple of four, some threads
leave before a barrier of their group, which Vulkan leaves undefined: the last rows were zeros on one driver.
"""

from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.program import arguments, emit, is_call, replace

aten = torch.ops.aten


@register
class SoftmaxInParts(Transform[fx.Node]):
    """Write every softmax as maximum, difference, exponential, sum and quotient."""

    name: ClassVar[str] = "softmax_in_parts"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        """Match a softmax that keeps its input's dtype."""
        if not is_call(node, aten.softmax.int):
            return None
        if arguments(node)["dtype"] not in (None, node.all_input_nodes[0].meta["val"].dtype):
            return Refuse("it converts its input to another dtype")
        return node

    def rewrite(self, match: fx.Node) -> None:
        """Write the five operators."""
        x, axis = match.all_input_nodes[0], arguments(match)["dim"]
        largest = emit(match, aten.amax.default, (x, [axis], True))
        power = emit(match, aten.exp.default, (emit(match, aten.sub.Tensor, (x, largest)),))
        total = emit(match, aten.sum.dim_IntList, (power, [axis], True))
        replace(match, emit(match, aten.div.Tensor, (power, total)))
