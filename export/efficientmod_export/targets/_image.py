"""Networks that take pictures: folding the normalisation (value - mean) / std into the network's weights.

`value` is pixel / 255. The division is folded into the first layers, which is exact with zero padding too, since zero
stays zero. The difference stays an operation before them, also before layers that do not pad: a layer that reads values
of one sign adds up to larger numbers, which a bias would take off again. A GPU that sums in float16 loses as many
digits: in timm's gmlp_ti16_224 half of all its error was the first layer's.
"""

from collections.abc import Callable, Sequence

import torch
from torch import fx

from efficientmod_export._stages import ConversionOptions, NamedInput, Normalisation
from efficientmod_export.targets._program import output_shapes
from efficientmod_mobile.deploy import ConstantIntoReaders, Program, Refuse, Repeat, apply, to_dtype
from efficientmod_mobile.deploy.folds import ConstantFold
from efficientmod_mobile.deploy.program import add_parameter, emit
from efficientmod_mobile.errors import InputError

aten = torch.ops.aten

Operation = tuple[torch._ops.OpOverload, tuple[float, float, float]]
"""An operator, and its second operand for each of R, G, B."""

PIXELS_OVER_255 = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def check_image(program: Program, options: ConversionOptions) -> None:
    """Raise InputError when a picture is not an RGB image, or there are labels but not one score for each."""
    for declared, example in zip(options.inputs, program.examples, strict=True):
        if declared.normalisation is not None and (example.ndim != 4 or tuple(example.shape[:2]) != (1, 3)):
            raise InputError(
                f"The network's input {declared.name} must be a picture of shape (1, 3, H, W), not "
                f"{tuple(example.shape)}.",
                code="wrong_input_shape",
            )
    shapes = output_shapes(program)
    if options.labels is not None and shapes != ((1, len(options.labels)),):
        raise InputError(
            f"{len(options.labels)} labels need a network with one output of shape (1, {len(options.labels)}), "
            f"and this one has {', '.join(map(str, shapes))}; leave the labels out.",
            code="wrong_label_count",
        )


def for_pixels(program: Program, inputs: Sequence[NamedInput]) -> Program:
    """The program with pixel / 255 as its input in place of each normalised picture."""

    def operations(stated: Normalisation) -> list[Operation]:
        return [(aten.sub.Tensor, stated.mean), (aten.div.Tensor, stated.std)]

    return _in_front(program, inputs, operations)


def for_centred_pixels(program: Program, inputs: Sequence[NamedInput]) -> Program:
    """The program with pixel / 255 - mean as its input in place of each normalised picture.

    Where the division cannot be folded into the first layers, it stays before them.
    """
    return _in_front(program, inputs, lambda stated: [(aten.div.Tensor, stated.std)])


class _ImageScales(ConstantIntoReaders):
    """Fold the operations with these names, and none of the network's own constants."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def check(self, node: fx.Node) -> ConstantFold | Refuse | None:
        """The transform's match, where the node is one of these operations."""
        return super().check(node) if node.name in self._names else None


def _in_front(
    program: Program, inputs: Sequence[NamedInput], operations: Callable[[Normalisation], list[Operation]]
) -> Program:
    """The program after operations on its pictures, of which divisions are folded into its first layers where possible.

    Folded in float64; the artifact's parity proves the result.
    """
    changed = to_dtype(program, torch.float64)
    first = next(node for node in changed.graph.nodes if node.op in ("call_function", "output"))
    divisions: list[fx.Node] = []
    for declared, given in zip(inputs, list(changed.graph.find_nodes(op="placeholder")), strict=True):
        if declared.normalisation is None:
            continue
        readers, image = tuple(given.users), given
        for operator, channels in operations(declared.normalisation):
            constant = torch.tensor(channels, dtype=torch.float64).reshape(1, 3, 1, 1)
            image = emit(first, operator, (image, add_parameter(first, "image_constant", constant)))
            if operator == aten.div.Tensor:
                divisions.append(image)
        for reader in readers:
            reader.replace_input_with(given, image)
    changed.graph_module.recompile()
    fold = _ImageScales(frozenset(node.name for node in divisions))
    apply((Repeat((fold,)),), changed)
    return to_dtype(changed, torch.float32)
