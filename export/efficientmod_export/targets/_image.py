"""Networks that take pictures: folding the normalisation (value - mean) / std into the network's weights.

`value` is pixel / 255. The division is folded into the first layers, which is exact with zero padding too, since zero
stays zero. The difference is folded only into layers that do not pad; elsewhere it stays an operation before them.
"""

import torch
from torch import fx

from efficientmod_export._stages import ConversionOptions, Normalisation
from efficientmod_export.targets._program import output_shapes
from efficientmod_mobile.deploy import ConstantIntoReaders, Program, Refuse, Repeat, apply, to_dtype
from efficientmod_mobile.deploy.folds import ConstantFold
from efficientmod_mobile.deploy.program import add_parameter, emit
from efficientmod_mobile.errors import InputError

aten = torch.ops.aten

Channels = tuple[float, float, float]
"""A number for each of R, G, B."""

PIXELS_OVER_255 = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def check_image(program: Program, options: ConversionOptions) -> None:
    """Raise InputError when the input is not an RGB image, or there are labels but not one score for each."""
    if tuple(program.example.shape[:2]) != (1, 3):
        raise InputError(
            f"The network's input must be a picture of shape (1, 3, H, W), not {tuple(program.example.shape)}.",
            code="wrong_input_shape",
        )
    shapes = output_shapes(program)
    if options.labels is not None and shapes != ((1, len(options.labels)),):
        raise InputError(
            f"{len(options.labels)} labels need a network with one output of shape (1, {len(options.labels)}), "
            f"and this one has {', '.join(map(str, shapes))}; leave the labels out.",
            code="wrong_label_count",
        )


def for_pixels(program: Program, mean: Channels, std: Channels) -> Program:
    """The program with pixel / 255 as its input in place of the normalised image."""
    return _in_front(program, (aten.sub.Tensor, mean), (aten.div.Tensor, std))


def for_centred_pixels(program: Program, std: Channels) -> Program:
    """The program with pixel / 255 - mean as its input in place of the normalised image.

    Where the division cannot be folded into the first layers, it stays before them.
    """
    return _in_front(program, (aten.div.Tensor, std))


class _ImageConstants(ConstantIntoReaders):
    """Fold the operations with these names, and none of the network's own constants."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def check(self, node: fx.Node) -> ConstantFold | Refuse | None:
        """The transform's match, where the node is one of these operations."""
        return super().check(node) if node.name in self._names else None


def _in_front(program: Program, *operations: tuple[torch._ops.OpOverload, Channels]) -> Program:
    """The program after operations with a constant per channel, which are folded into its first layers where possible.

    Folded in float64; the artifact's parity proves the result.
    """
    changed = to_dtype(program, torch.float64)
    image = next(iter(changed.graph.find_nodes(op="placeholder")))
    readers = tuple(image.users)
    first = next(node for node in changed.graph.nodes if node.op in ("call_function", "output"))
    added = [image]
    for operator, channels in operations:
        constant = torch.tensor(channels, dtype=torch.float64).reshape(1, 3, 1, 1)
        added.append(emit(first, operator, (added[-1], add_parameter(first, "image_constant", constant))))
    for reader in readers:
        reader.replace_input_with(image, added[-1])
    changed.graph_module.recompile()
    fold = _ImageConstants(frozenset(node.name for node in added))
    apply((Repeat((fold,)),), changed)
    return to_dtype(changed, torch.float32)
