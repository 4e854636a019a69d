"""A product, quotient, sum or difference with a constant is folded into the layer before it or all layers after it.

    LayerScale:           g * (W x + b) = (g W) x + g b
    an input's scale:     W (x * c) + b = (W c) x + b       also if W pads: c * 0 = 0
    a constant sum:       (W x + b) + c = W x + (b + c)

The constant has one value per channel of the layer, or one value. (LayerScale: Touvron et al. 2021.)
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import (
    Affine,
    ProducerFold,
    ReaderFold,
    Refuse,
    constant_operation,
    into_producer,
    into_readers,
)
from efficientmod_mobile.deploy.program import replace


@dataclass(frozen=True)
class ConstantFold:
    """The operation with a constant, and the folds of it into layers."""

    operation: Affine
    folds: tuple[ProducerFold | ReaderFold, ...]

    def write(self) -> None:
        """Change the layers' weights and remove the operation."""
        for fold in self.folds:
            fold.write()
        replace(self.operation.node, self.operation.source)


@register
class ConstantIntoProducer(Transform[ConstantFold]):
    """Fold an operation with a constant, such as LayerScale, into the layer before it."""

    name: ClassVar[str] = "constant_into_producer"

    def check(self, node: fx.Node) -> ConstantFold | Refuse | None:
        """Match an operation with a constant on a layer's channels that have no other user."""
        operation = constant_operation(node)
        if operation is None:
            return None
        fold = into_producer(operation.source, node, operation.scale, operation.shift)
        return fold if isinstance(fold, Refuse) else ConstantFold(operation, (fold,))

    def rewrite(self, match: ConstantFold) -> None:
        """Scale the layer's weight and bias, and add the shift to its bias."""
        match.write()


@register
class ConstantIntoReaders(Transform[ConstantFold]):
    """Fold an operation with a constant, such as the division of an input by std, into every layer that reads it."""

    name: ClassVar[str] = "constant_into_readers"

    def check(self, node: fx.Node) -> ConstantFold | Refuse | None:
        """Match an operation with one constant per channel that only layers read."""
        operation = constant_operation(node)
        if operation is None:
            return None
        constants = operation.per_channel()
        if constants is None:
            return Refuse("the constant varies along more than one axis")
        folds = into_readers(node, *constants)
        return folds if isinstance(folds, Refuse) else ConstantFold(operation, folds)

    def rewrite(self, match: ConstantFold) -> None:
        """Scale the columns of the layers' weights, add the weighted shift to their biases."""
        match.write()
