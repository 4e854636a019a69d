"""How each weight is stored. coremltools.optimize silently skips weights that it cannot compress."""

from dataclasses import dataclass

from torch import Tensor

from efficientmod_export.mil._graph import Function, Operation, Shape


@dataclass(frozen=True)
class Weight:
    """A constant that an operator computes with.

    `compression` are the operators that decompress it, innermost first; empty for an uncompressed one.
    `module` is the PyTorch module of its first reader, where the package states it.
    """

    name: str
    shape: Shape
    compression: tuple[str, ...]
    module: str | None


def _compression(name: str, producers: dict[str, Operation]) -> tuple[str, ...]:
    if name not in producers:
        return ()
    operation = producers[name]
    sources = [source for held in operation.inputs.values() for source in held if isinstance(source, str)]
    # A producer of a mask and values (both read by the next) counts once.
    inner = dict.fromkeys(kind for source in sources for kind in _compression(source, producers))
    return (*inner, operation.kind)


def list_weights(function: Function, least_elements: int) -> tuple[Weight, ...]:
    """Every float weight of at least `least_elements` elements, compressed or not, in the order of use."""
    shapes: dict[str, Shape] = {
        name: tuple(value.shape)
        for name, value in function.constants.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }
    producers: dict[str, Operation] = {}
    found: dict[str, Weight] = {}
    for operation in function.operations:
        if operation.kind.startswith("constexpr_"):
            for output in operation.outputs:
                producers[output.name] = operation
                shapes[output.name] = output.shape
            continue
        for source in (source for held in operation.inputs.values() for source in held if isinstance(source, str)):
            if source in shapes and _elements(shapes[source]) >= least_elements:
                weight = Weight(source, shapes[source], _compression(source, producers), operation.module)
                found.setdefault(source, weight)
    return tuple(found.values())


def _elements(shape: Shape) -> int:
    count = 1
    for length in shape:
        count *= length or 1
    return count
