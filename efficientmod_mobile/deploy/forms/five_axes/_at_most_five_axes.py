"""Tensors of many axes are written with at most five, which is all that Core ML has; XNNPACK has six.

    op(x)  =  split(op'(merge(x)))          merge: axes that stay together in op become one; axes of length 1 vanish
    permute of n axes  =  a chain of reshapes and permutes, of at most five axes each

Each operator on such a tensor is written on a merged one, between two reshapes (`_rules.py`); then the chains of
reshapes and permutes between those operators begin and end at few axes, and are written so (`_moves.py`). Networks with
windows, blocks of pixels or factors in their axes are of this kind: window partitions, space to depth, einsum.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse, is_move, slice_of
from efficientmod_mobile.deploy.forms._form import Write, reshaped
from efficientmod_mobile.deploy.forms.five_axes._moves import MOST, can_be_short, short
from efficientmod_mobile.deploy.forms.five_axes._rules import rule_of
from efficientmod_mobile.deploy.program import replace


@dataclass(frozen=True)
class FewerAxes:
    """An operation, and the function that inserts it with few axes."""

    node: fx.Node
    write: Write


@register
class AtMostFiveAxes(Transform[FewerAxes]):
    """Write operators on tensors of more axes than `most` on merged ones of at most five."""

    name: ClassVar[str] = "at_most_five_axes"

    def __init__(self, most: int = MOST) -> None:
        self.most = most

    def check(self, node: fx.Node) -> FewerAxes | Refuse | None:
        """Match an operator that reads or makes such a tensor; refuse one whose axes cannot be merged."""
        part = slice_of(node)
        if node.op != "call_function" or not any(
            self._has_more(one) for one in (node, *node.all_input_nodes, *([part.source] if part else []))
        ):
            return None
        if is_move(node):
            (x,) = node.all_input_nodes
            if self._has_more(node) or not can_be_short(x, self.most):
                return None
            return FewerAxes(node, lambda: short(node, x, self.most))
        if node.users and all(map(slice_of, node.users)) and not isinstance(node.meta["val"], Tensor):
            return None  # each part is a slice
        write = rule_of(node)
        return FewerAxes(node, write) if write else Refuse(f"{node.target} has no form of at most {MOST} axes")

    def rewrite(self, match: FewerAxes) -> None:
        """Replace the operator, and give the result the axes that it had."""
        new = match.write()
        if isinstance(match.node.meta["val"], Tensor):
            replace(match.node, reshaped(match.node, new))

    def _has_more(self, node: fx.Node) -> bool:
        """Whether a node's tensor, or one of its tensors, has more axes."""
        value: Any = node.meta.get("val")
        tensors = value if isinstance(value, (tuple, list)) else (value,)
        return any(isinstance(one, Tensor) and one.ndim > self.most for one in tensors)
