"""From protobuf to `Function`: types, constants (immediate or in weight files) and operators.

Message definitions: coremltools, mlmodel/format/MIL.proto.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._graph import Constant, Function, Literal, Operation, Shape, Variable
from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._modules import read_modules
from efficientmod_export.mil._package import Package
from efficientmod_export.mil._types import BY_NAME, DataType, dtype_name, to_tensor, unpack

_OPSETS = {"CoreML5": 15, "CoreML6": 16, "CoreML7": 17, "CoreML8": 18, "CoreML9": 26}
_FIELDS: dict[str | None, type[np.generic]] = {"floats": np.float32, "ints": np.int32, "bools": np.bool_}


def _shape(tensor_type: Any) -> Shape:
    return tuple(
        int(dimension.constant.size) if dimension.WhichOneof("dimension") == "constant" else None
        for dimension in tensor_type.dimensions
    )


def _fixed_shape(tensor_type: Any, name: str) -> tuple[int, ...]:
    """A constant's shape, checked to have no open lengths and to be possible in NumPy."""
    shape = _shape(tensor_type)
    fixed = tuple(length for length in shape if length is not None)
    if fixed != shape:
        raise PackageError(f"the constant '{name}' has the open shape {shape}", code="damaged_constant")
    try:
        check_size(fixed)
        # An empty constant may declare any other length.
        check_size((max(fixed, default=0),))
    except ValueError as error:
        raise PackageError(f"the constant '{name}': {error}", code="damaged_constant") from error
    return fixed


def _variable(named: Any) -> Variable:
    kind = named.type.WhichOneof("type")
    if kind == "tensorType":
        tensor_type = named.type.tensorType
        dtype = dtype_name(tensor_type.dataType)
        if any(dimension.unknown.variadic for dimension in tensor_type.dimensions):
            return Variable(named.name, dtype, (), any_rank=True)
        return Variable(named.name, dtype, _shape(tensor_type))
    return Variable(named.name, str(kind).removesuffix("Type"), ())


def _known(dtype: str, name: str) -> DataType:
    if dtype not in BY_NAME:
        raise PackageError(
            f"the constant '{name}' is of type {dtype}, which no Core ML operator supports",
            code="unsupported_constant",
        )
    return BY_NAME[dtype]


def _immediate_tensor(value: Any, name: str) -> Constant:
    tensor_type = value.type.tensorType
    shape = _fixed_shape(tensor_type, name)
    dtype, tensor = dtype_name(tensor_type.dataType), value.immediateValue.tensor
    field = tensor.WhichOneof("value")
    if dtype in {"string", "int64"}:
        held = tuple(tensor.strings.values) if dtype == "string" else tuple(tensor.longInts.values)
        if not shape and len(held) != 1:
            raise PackageError(
                f"the constant '{name}' holds {len(held)} values where it declares one", code="damaged_constant"
            )
        return held if shape else held[0]
    known, count = _known(dtype, name), math.prod(shape)
    if field == "bytes":
        raw = np.frombuffer(bytearray(tensor.bytes.values), np.uint8)
        values = unpack(raw, known, count) if raw.size == known.size_of(count) else None
    else:
        values = np.array(getattr(tensor, field).values if field in _FIELDS else (), _FIELDS.get(field))
    if values is None or values.size != count:
        raise PackageError(
            f"the constant '{name}' does not hold the {count} elements that it declares", code="damaged_constant"
        )
    with np.errstate(all="ignore"):
        # A declared type that cannot represent the values, such as integers from infinities.
        stored = values.astype(known.storage, copy=False)
    return to_tensor(stored.reshape(shape), known)


def _constant(value: Any, package: Package, name: str) -> Constant:
    kind = value.WhichOneof("value")
    if kind == "blobFileValue":
        tensor_type = value.type.tensorType
        shape = _fixed_shape(tensor_type, name)
        known = _known(dtype_name(tensor_type.dataType), name)
        blob = value.blobFileValue
        values = package.weights(blob.fileName).read(int(blob.offset), known, math.prod(shape), name)
        return to_tensor(values.reshape(shape), known)
    held = value.immediateValue.WhichOneof("value")
    if held == "list":
        return tuple(_constant(item, package, name) for item in value.immediateValue.list.values)
    if held == "tensor":
        return _immediate_tensor(value, name)
    raise PackageError(
        f"the constant '{name}' holds a {held or 'missing value'}, which cannot be read", code="unsupported_constant"
    )


def _inputs(proto: Any, package: Package, label: str) -> dict[str, tuple[str | Literal, ...]]:
    inputs: dict[str, tuple[str | Literal, ...]] = {}
    for parameter, argument in proto.inputs.items():
        inputs[parameter] = tuple(
            binding.name
            if binding.WhichOneof("binding") == "name"
            else Literal(_constant(binding.value, package, f"{label}.{parameter}"))
            for binding in argument.arguments
        )
    if proto.type.startswith("constexpr_"):
        # Before iOS 18 the parameters of these operators are attributes.
        for parameter, value in proto.attributes.items():
            if parameter != "name":
                inputs[parameter] = (Literal(_constant(value, package, f"{label}.{parameter}")),)
    return inputs


def _operation(proto: Any, package: Package, modules: Mapping[str, str]) -> Operation:
    outputs = tuple(_variable(output) for output in proto.outputs)
    first = outputs[0].name if outputs else ""
    name = proto.attributes["name"].immediateValue.tensor.strings.values if "name" in proto.attributes else ()
    label = str(name[0]) if name else first
    return Operation(label, proto.type, _inputs(proto, package, label), outputs, modules.get(first))


def _constant_name(proto: Any) -> str:
    if len(proto.outputs) != 1:
        raise PackageError(
            f"the program has a constant of {len(proto.outputs)} names where it must have one", code="damaged_constant"
        )
    return str(proto.outputs[0].name)


def read_function(package: Package, name: str) -> Function:
    """The function `name` of the package's program; `PackageError` when there is none or its opset is not known."""
    program = package.program
    if name not in program.functions:
        have = ", ".join(sorted(program.functions))
        raise PackageError(
            f"the program has no function '{name}'; it has {have or 'none'}", code="unknown_program_function"
        )
    proto = program.functions[name]
    if proto.opset not in _OPSETS or proto.opset not in proto.block_specializations:
        raise PackageError(
            f"the function '{name}' is of opset '{proto.opset}'; known are {', '.join(_OPSETS)}",
            code="unknown_program_opset",
        )
    block = proto.block_specializations[proto.opset]
    modules = read_modules(package.specification)
    constants: dict[str, Constant] = {}
    operations = []
    for operation in block.operations:
        if operation.type == "const":
            output = _constant_name(operation)
            if output in constants:
                raise PackageError(f"the program has two constants of the name '{output}'", code="damaged_constant")
            constants[output] = _constant(operation.attributes["val"], package, output)
        else:
            operations.append(_operation(operation, package, modules))
    inputs = tuple(_variable(named) for named in proto.inputs)
    for variable in inputs:
        if variable.dtype not in BY_NAME:
            raise PackageError(
                f"the input '{variable.name}' is of type {variable.dtype}, which cannot be given here",
                code="unsupported_feature_type",
            )
    return Function(name, _OPSETS[proto.opset], inputs, tuple(block.outputs), constants, tuple(operations))
