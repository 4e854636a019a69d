"""A quotient of two parts of one large product is that of the product of smaller numbers.

    m = q (k v)            y = m[..., :c] / (m[..., c:] + eps)            linear attention (Cai et al. 2023)
    m' = q (s (k v))       y = m'[..., :c] / (m'[..., c:] + s eps)        s = 2^-n

In float16 m is infinite beyond 65504, and y no number. How large it is is measured (`analysis/_largest_products.py`);
others stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, floor, log2
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Refuse, largest_products
from efficientmod_mobile.deploy.program import Program, arguments, emit, is_call

aten = torch.ops.aten

LARGEST = 2500.0
"""Of a product as it is. Other pictures may give 26 times as much, as with the squares of norms."""

SMALLEST = 2.0**-24
"""Of float16 above zero: s eps must not be zero, or zero over zero is no number."""


@dataclass(frozen=True)
class LargeQuotient:
    """The product, the sum of the divisor's part and eps, eps, and s."""

    product: fx.Node
    shifted: fx.Node
    eps: float
    scale: float


@register
@dataclass(frozen=True)
class LargeQuotients(Transform[LargeQuotient]):
    """Scale the products whose parts divide each other. `largest` is how large a program's products are."""

    name: ClassVar[str] = "large_quotients"
    largest: Mapping[fx.Node, float] = field(default_factory=dict, compare=False)

    def of(self, program: Program) -> "LargeQuotients":
        """The same with the products of a program on its examples."""
        return LargeQuotients(largest_products(program))

    def check(self, node: fx.Node) -> LargeQuotient | Refuse | None:
        """Match a quotient of two parts of a large product."""
        if not is_call(node, aten.div.Tensor):
            return None
        above, below = arguments(node)["self"], arguments(node)["other"]
        if not (is_call(above, aten.slice.Tensor) and is_call(below, aten.add.Tensor)):
            return None
        divisor, eps = below.args
        product = above.args[0]
        if not (is_call(divisor, aten.slice.Tensor) and divisor.args[0] is product and isinstance(eps, float)):
            return None
        largest = self.largest.get(product, 0.0)
        if largest <= LARGEST:
            return None
        if set(product.users) != {above, divisor} or any(len(part.users) > 1 for part in (above, divisor, below)):
            return Refuse("its parts are read by others as well, so that they cannot be smaller")
        most = floor(log2(eps / SMALLEST)) if eps > 0 else 0
        if most < 1:
            return Refuse("the number that is added to its divisor is no number of float16 if it is smaller")
        return LargeQuotient(product, below, eps, 2.0 ** -min(ceil(log2(largest / LARGEST)), most))

    def rewrite(self, match: LargeQuotient) -> None:
        """Scale the second factor, which is the smaller one where it is a product itself, and eps."""
        product = match.product
        product.update_arg(1, emit(product, aten.mul.Tensor, (product.args[1], match.scale)))
        match.shifted.update_arg(1, match.eps * match.scale)
