"""`MILProgram`: a saved ML program that runs on any machine, operator by operator, with PyTorch kernels."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch

from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._features import Feature, read_feature, to_input, to_output
from efficientmod_export.mil._graph import Constant, Function, Literal, Operation
from efficientmod_export.mil._package import Package
from efficientmod_export.mil._plan import Arithmetic, Plan, Step, call, convert_input, make_plan
from efficientmod_export.mil._reader import read_function
from efficientmod_export.mil._types import through_float16
from efficientmod_mobile.errors import ConversionError, InputError

Observer = Callable[[Operation, Mapping[str, Any], tuple[Any, ...]], None]
"""Called after each operator with the operator, its inputs by MIL's parameter names, and its outputs, which must not be
changed. float16 values are float32 tensors."""


def _look_up(source: str | Literal, values: Mapping[str, Any], constants: Mapping[str, Constant]) -> Any:
    if isinstance(source, Literal):
        return source.value
    return values[source] if source in values else constants[source]


def _run_step(step: Step, values: Mapping[str, Any], constants: Mapping[str, Constant]) -> tuple[Any, Any]:
    inputs = dict(step.static)
    for dynamic in step.dynamic:
        read = [_look_up(source, values, constants) for source in dynamic.names]
        inputs[dynamic.parameter] = convert_input(step.operation, dynamic.parameter, dynamic.schema, read)
    outputs = call(step.operation, step.kernel, inputs)
    if step.rounded:
        outputs = tuple(
            through_float16(output) if rounded else output
            for output, rounded in zip(outputs, step.rounded, strict=False)
        )
    return inputs, outputs


def run_plan(plan: Plan, inputs: Mapping[str, torch.Tensor], observer: Observer | None) -> dict[str, Any]:
    """Run the steps and return the values of the function's outputs. A value is freed after its last use."""
    values: dict[str, Any] = dict(inputs)
    for step in plan.steps:
        step_inputs, outputs = _run_step(step, values, plan.constants)
        values.update(zip((output.name for output in step.operation.outputs), outputs, strict=False))
        if observer is not None:
            observer(step.operation, step_inputs, outputs)
        for name in step.dead:
            values.pop(name, None)
    return {name: values[name] if name in values else plan.constants[name] for name in plan.function.outputs}


class MILProgram:
    """A saved ML program, ready to run; replaces `coremltools.models.MLModel` where only `predict` is needed.

    `function` is the program as plain values: its operators in order, each with its inputs, outputs and PyTorch module.
    """

    def __init__(
        self, plan: Plan, inputs: Mapping[str, Feature], outputs: Mapping[str, Feature], arithmetic: Arithmetic
    ):
        self._plan = plan
        self._inputs = inputs
        self._outputs = outputs
        self.arithmetic: Arithmetic = arithmetic

    @classmethod
    def load(cls, path: Path | str, *, function: str | None = None, arithmetic: Arithmetic = "float16") -> Self:
        """Read the `.mlpackage` at `path`; without `function`, its default one ("main").

        `arithmetic` "float16" computes as the package declares its values; see `Arithmetic` for the others.
        Raises `PackageError` for a damaged package, `ConversionError` naming every operator and input that is unknown,
        `DependencyError` without coremltools.
        """
        package = Package(Path(path))
        description = package.specification.description
        name = function or description.defaultFunctionName or "main"
        of_function = [held for held in description.functions if held.name == name]
        features = of_function[0] if of_function else description
        inputs = {feature.name: read_feature(feature) for feature in features.input}
        outputs = {feature.name: read_feature(feature) for feature in features.output}
        if features.state:
            kept = ", ".join(f"'{feature.name}'" for feature in features.state)
            raise ConversionError(
                f"{path} keeps a state ({kept}) from one prediction to the next, which is not supported; "
                "convert the model without states",
                code="stateful_program",
            )
        program = read_function(package, name)
        if set(inputs) != {variable.name for variable in program.inputs} or not set(outputs) <= set(program.outputs):
            raise PackageError(
                f"{path} describes inputs and outputs that its program does not have; export it again",
                code="inconsistent_interface",
            )
        return cls(make_plan(program, arithmetic), inputs, outputs, arithmetic)

    @property
    def function(self) -> Function:
        """The program that runs."""
        return self._plan.function

    def with_arithmetic(self, arithmetic: Arithmetic) -> Self:
        """The same program in another arithmetic; the weights are shared."""
        return type(self)(make_plan(self.function, arithmetic), self._inputs, self._outputs, arithmetic)

    def with_function(self, function: Function) -> Self:
        """Another program with the same inputs and outputs."""
        return type(self)(make_plan(function, self.arithmetic), self._inputs, self._outputs, self.arithmetic)

    def predict(self, inputs: Mapping[str, Any], *, observer: Observer | None = None) -> dict[str, Any]:
        """Run the program: the same inputs, output names, shapes and dtypes as coremltools' `MLModel.predict`.

        An array input is a NumPy array of the declared shape; an image input a PIL image or uint8 pixels (H, W, 3) in
        RGB. A classifier gives its label and a dictionary of probabilities by label. Raises `InputError` for inputs
        that are missing, unknown or do not fit.
        """
        needed = {name for name, feature in self._inputs.items() if feature.default is None}
        if not needed <= set(inputs) <= set(self._inputs):
            raise InputError(
                f"the model takes the inputs {sorted(self._inputs)}, but was given {sorted(inputs)}",
                code="wrong_input_names",
            )
        with torch.inference_mode():
            tensors = {
                variable.name: to_input(inputs.get(variable.name), self._inputs[variable.name], variable)
                for variable in self.function.inputs
            }
            values = run_plan(self._plan, tensors, observer)
            return {name: to_output(values[name], feature) for name, feature in self._outputs.items()}
