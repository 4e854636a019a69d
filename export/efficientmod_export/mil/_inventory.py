"""What a Core ML model holds, of whatever kind and opset: operators and weights by name and size, from the protobuf
messages alone. Message definitions: coremltools, mlmodel/format/Model.proto and MIL.proto.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from efficientmod_export.mil._package import Package
from efficientmod_export.mil._types import BY_NAME, dtype_name

ARRAY_TYPES = {65552: "float16", 65568: "float32", 65600: "float64", 131080: "int8", 131104: "int32"}
_COLOURS = {10: "grey", 20: "RGB", 30: "BGR", 40: "grey, float16"}
_NETWORKS = ("neuralNetwork", "neuralNetworkClassifier", "neuralNetworkRegressor")


@dataclass(frozen=True)
class HeldFeature:
    """An input, output or state: its kind as in "RGB picture" or "array", (C, H, W) or the array's axes, its dtype."""

    name: str
    kind: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class HeldFunction:
    """A function, or the whole of a model that is no program. `operators` has a name for each operator, without
    constants, `weights` the element type and the bytes of each constant in a weight file. `classes` are the labels of a
    classifier.
    """

    name: str
    inputs: tuple[HeldFeature, ...]
    outputs: tuple[HeldFeature, ...]
    operators: tuple[str, ...]
    weights: tuple[tuple[str, int], ...] = ()
    classes: tuple[str, ...] = ()


def inventory(package: Package) -> tuple[HeldFunction, ...]:
    """The functions of an ML program; of a neural network its layers; of another kind of model its features."""
    model = package.specification
    kind = str(model.WhichOneof("Type"))
    if kind != "mlProgram":
        layers = getattr(model, kind).layers if kind in _NETWORKS else ()
        names = tuple(str(layer.WhichOneof("layer")) for layer in layers)
        classes = getattr(model, kind).stringClassLabels.vector if kind == "neuralNetworkClassifier" else ()
        return (HeldFunction(kind, *_features(model.description), names, classes=tuple(classes)),)
    return tuple(_function(model, name) for name in sorted(model.mlProgram.functions))


def _function(model: Any, name: str) -> HeldFunction:
    of_function = [one for one in model.description.functions if one.name == name]
    proto = model.mlProgram.functions[name]
    block = proto.block_specializations.get(proto.opset)
    operations = list(_operations(block)) if block is not None else []
    return HeldFunction(
        name,
        *_features(of_function[0] if of_function else model.description),
        tuple(str(one.type) for one in operations if one.type != "const"),
        tuple(_weights(operations)),
        _classes(operations),
    )


def _operations(block: Any) -> Iterator[Any]:
    """The operators of a block, with those of the blocks inside them."""
    for operation in block.operations:
        yield operation
        for inner in operation.blocks:
            yield from _operations(inner)


def _weights(operations: list[Any]) -> Iterator[tuple[str, int]]:
    for operation in operations:
        bound = (one.value for given in operation.inputs.values() for one in given.arguments)
        for value in (*operation.attributes.values(), *bound):
            if value.WhichOneof("value") == "blobFileValue":
                stated = value.type.tensorType
                name = dtype_name(stated.dataType)
                count = prod(int(one.constant.size) for one in stated.dimensions)
                yield name, BY_NAME[name].size_of(count) if name in BY_NAME else 0


def _classes(operations: list[Any]) -> tuple[str, ...]:
    """What a `classify` operator calls its classes: a list of strings, in a constant or in the operator itself."""
    values = {one.outputs[0].name: one.attributes["val"] for one in operations if one.type == "const" and one.outputs}
    for operation in operations:
        if operation.type == "classify":
            (given,) = operation.inputs["classes"].arguments
            held = (values[given.name] if given.WhichOneof("binding") == "name" else given.value).immediateValue
            return tuple(
                text
                for one in ([item.immediateValue for item in held.list.values] or [held])
                for text in one.tensor.strings.values
            )
    return ()


def _features(description: Any) -> tuple[tuple[HeldFeature, ...], tuple[HeldFeature, ...]]:
    return tuple(map(_feature, description.input)), tuple(map(_feature, description.output))


def _feature(proto: Any) -> HeldFeature:
    kind = str(proto.type.WhichOneof("Type"))
    if kind == "imageType":
        image = proto.type.imageType
        colour = _COLOURS.get(image.colorSpace, f"colour space {image.colorSpace}")
        channels = 1 if colour.startswith("grey") else 3
        dtype = "float16" if "float16" in colour else "uint8"
        return HeldFeature(proto.name, f"{colour} picture", (channels, int(image.height), int(image.width)), dtype)
    if kind == "multiArrayType":
        array = proto.type.multiArrayType
        dtype = ARRAY_TYPES.get(array.dataType, f"type {array.dataType}")
        return HeldFeature(proto.name, "array", tuple(map(int, array.shape)), dtype)
    return HeldFeature(proto.name, kind.removesuffix("Type"), (), kind.removesuffix("Type"))
