"""From a `Function` to a list of steps: operators found, inputs checked and bound, constants decompressed.

All problems of a program are reported in one error.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from efficientmod_export.mil._graph import Constant, Function, Operation, Variable
from efficientmod_export.mil._graph import Literal as LiteralInput
from efficientmod_export.mil._registry import Kernel, Operator, Parameter, find_operator
from efficientmod_export.mil._types import BY_NAME, through_float16
from efficientmod_export.mil._unsupported import UNSUPPORTED
from efficientmod_mobile.errors import ConversionError

Arithmetic = Literal["float32", "float16_storage", "float16"]
"""How float values are rounded.

    float32           nothing is rounded: tests the program's graph without float16's noise
    float16_storage   float constants are rounded to float16, all else stays float32: tests storage in float16
    float16           every value that the program declares float16 is rounded after the operator that computes it
"""


@dataclass(frozen=True)
class Dynamic:
    """An input that comes from values computed at run time; `names` has several for `Tensors`."""

    parameter: str
    names: tuple[str | LiteralInput, ...]
    schema: Parameter


@dataclass(frozen=True)
class Step:
    """One operator, ready to run. `rounded` are the outputs to round, `dead` the values with no later reader."""

    operation: Operation
    kernel: Kernel
    static: Mapping[str, Any]
    dynamic: tuple[Dynamic, ...]
    rounded: tuple[bool, ...]
    dead: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A function's steps and the constants that they read."""

    function: Function
    steps: tuple[Step, ...]
    constants: Mapping[str, Constant]


def _problems(operation: Operation, found: Operator | None, ios: int) -> list[str]:
    label = f"{operation.kind} '{operation.name}'"
    if found is None:
        return [f"{label} {UNSUPPORTED.get(operation.kind, f'is not known in the opset of iOS {ios}')}"]
    nothing = [] if operation.outputs else [f"{label} has no output"]
    unknown = [f"{label} has the unknown input '{name}'" for name in operation.inputs if name not in found.parameters]
    missing = [
        f"{label} lacks its input '{name}'"
        for name, parameter in found.parameters.items()
        if parameter.required and name not in operation.inputs
    ]
    miscounted = [
        f"{label} has {len(sources)} values for its input '{name}', which takes one"
        for name, sources in operation.inputs.items()
        if len(sources) != 1 and name in found.parameters and not found.parameters[name].several
    ]
    return nothing + unknown + missing + miscounted


def _wrong_names(function: Function) -> list[str]:
    """Reads of values that no earlier operator computes, and values that are defined twice."""
    given = Counter(list(function.constants))
    given.update(variable.name for variable in function.inputs)
    given.update(output.name for operation in function.operations for output in operation.outputs)
    problems = [f"the value '{name}' is defined {count} times" for name, count in given.items() if count > 1]
    known = {variable.name for variable in function.inputs} | set(function.constants)
    for operation in function.operations:
        sources = [source for held in operation.inputs.values() for source in held if isinstance(source, str)]
        unknown = [source for source in sources if source not in known]
        problems += [
            f"{operation.kind} '{operation.name}' reads '{source}', which no earlier operator computes"
            for source in unknown
        ]
        known.update(output.name for output in operation.outputs)
    return problems + [f"no operator computes the output '{name}'" for name in function.outputs if name not in known]


def _find_all(function: Function) -> list[Operator]:
    found = [find_operator(operation.kind, function.ios) for operation in function.operations]
    problems = [
        problem
        for operation, match in zip(function.operations, found, strict=True)
        for problem in _problems(operation, match, function.ios)
    ]
    problems += _wrong_names(function)
    if problems:
        raise ConversionError(f"the ML program cannot be run here: {'; '.join(problems)}", code="unsupported_program")
    return [match for match in found if match is not None]


def _resolve(source: str | LiteralInput, constants: Mapping[str, Constant]) -> Constant:
    return source.value if isinstance(source, LiteralInput) else constants[source]


def _known(source: str | LiteralInput, constants: Mapping[str, Constant]) -> bool:
    return isinstance(source, LiteralInput) or source in constants


def convert_input(operation: Operation, name: str, schema: Parameter, values: Sequence[Any]) -> Any:
    """The values of one input as the kernel takes them. Raises `ConversionError` for a value of the wrong kind."""
    try:
        converted = tuple(schema.convert(value) for value in values)
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        label = f"the operator {operation.kind} '{operation.name}'"
        raise ConversionError(
            f"{label} cannot be run with its input '{name}': {error}", code="unsupported_program"
        ) from error
    return converted if schema.several else converted[0]


def _bind(
    operation: Operation, found: Operator, constants: Mapping[str, Constant]
) -> tuple[dict[str, Any], tuple[Dynamic, ...]]:
    static: dict[str, Any] = {}
    dynamic = []
    for name, sources in operation.inputs.items():
        parameter = found.parameters[name]
        if all(_known(source, constants) for source in sources):
            values = [_resolve(source, constants) for source in sources]
            static[name] = convert_input(operation, name, parameter, values)
        else:
            dynamic.append(Dynamic(name, sources, parameter))
    return static, tuple(dynamic)


def call(operation: Operation, kernel: Callable[..., Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """The operator's outputs, checked against the shapes and types that the program declares for them."""
    try:
        result = kernel(**inputs)
    except Exception as error:
        # With inputs from a damaged package a kernel can raise nearly any exception.
        raise ConversionError(
            f"the operator {operation.kind} '{operation.name}' cannot be run: {error}", code="operator_failed"
        ) from error
    outputs = result if isinstance(result, tuple) else (result,)
    if len(outputs) < len(operation.outputs):
        raise ConversionError(
            f"the operator {operation.kind} '{operation.name}' gave only {len(outputs)} outputs",
            code="inconsistent_program",
        )
    for output, declared in zip(outputs, operation.outputs, strict=False):
        if not _agrees(output, declared):
            gave = f"{tuple(output.shape)} {output.dtype}" if isinstance(output, Tensor) else type(output).__name__
            raise ConversionError(
                f"the operator {operation.kind} '{operation.name}' gave {gave}, "
                f"where the program declares {declared.shape} {declared.dtype}",
                code="inconsistent_program",
            )
    return outputs


def _agrees(output: Any, declared: Variable) -> bool:
    dtype = BY_NAME.get(declared.dtype)
    if not isinstance(output, Tensor):
        return dtype is None
    if dtype is None or output.dtype != dtype.compute_dtype:
        return False
    if declared.any_rank:
        return True
    if output.dim() != len(declared.shape):
        return False
    return all(want is None or want == have for want, have in zip(declared.shape, output.shape, strict=True))


def _rounded(operation: Operation, found: Operator, arithmetic: Arithmetic) -> tuple[bool, ...]:
    if arithmetic != "float16" or found.moves:
        return ()
    flags = tuple(output.dtype == "fp16" for output in operation.outputs)
    return flags if any(flags) else ()


def _last_uses(function: Function) -> dict[int, list[str]]:
    last: dict[str, int] = {variable.name: -1 for variable in function.inputs}
    for index, operation in enumerate(function.operations):
        for output in operation.outputs:
            last[output.name] = index
        for sources in operation.inputs.values():
            last.update({source: index for source in sources if isinstance(source, str)})
    dead: dict[int, list[str]] = {}
    for name, index in last.items():
        if name not in function.outputs and name not in function.constants:
            dead.setdefault(index, []).append(name)
    return dead


def _stored(value: Constant, dtype: str | None, arithmetic: Arithmetic) -> Constant:
    narrow = dtype == "fp16" or arithmetic == "float16_storage"
    return through_float16(value) if narrow and isinstance(value, Tensor) and value.is_floating_point() else value


def make_plan(function: Function, arithmetic: Arithmetic) -> Plan:
    """The steps of `function`. One `ConversionError` names every operator and input that is not known."""
    found = _find_all(function)
    constants = {name: _stored(value, None, arithmetic) for name, value in function.constants.items()}
    dead = _last_uses(function)
    steps = []
    for index, (operation, match) in enumerate(zip(function.operations, found, strict=True)):
        static, dynamic = _bind(operation, match, constants)
        if operation.kind.startswith("constexpr_"):
            if dynamic:
                label = f"the operator {operation.kind} '{operation.name}'"
                raise ConversionError(
                    f"{label} reads '{dynamic[0].names[0]}', which is not constant", code="unsupported_program"
                )
            outputs = call(operation, match.kernel, static)
            for output, declared in zip(outputs, operation.outputs, strict=False):
                constants[declared.name] = _stored(output, declared.dtype, arithmetic)
            continue
        rounded = _rounded(operation, match, arithmetic)
        steps.append(Step(operation, match.kernel, static, dynamic, rounded, tuple(dead.get(index, ()))))
    return Plan(function, tuple(steps), constants)
