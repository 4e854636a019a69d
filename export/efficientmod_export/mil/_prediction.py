"""coremltools' `MLModel.predict` on machines without Core ML: replaced by the interpreter inside a `with` block.

coremltools calibrates the quantisation of activations with predictions, which it refuses outside macOS.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from efficientmod_export.mil._plan import Arithmetic
from efficientmod_export.mil._program import MILProgram
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError, InputError


@contextmanager
def interpreted_predictions(arithmetic: Arithmetic = "float16") -> Iterator[None]:
    """Inside this context every ML program's `MLModel.predict` runs here instead of in Core ML.

        with interpreted_predictions():
            coremltools.optimize.coreml.experimental.linear_quantize_activations(model, config, samples)

    Takes one dictionary of inputs or a list of them, as `MLModel.predict` does. Raises `DependencyError` without
    coremltools, and `InputError` for a stateful prediction.
    """
    try:
        from coremltools.models import MLModel
    except ImportError as error:
        raise DependencyError(f"coremltools is missing; run {pip_command('coreml')}", code="missing_package") from error

    def predict(self: Any, data: Mapping[str, Any] | Sequence[Mapping[str, Any]], state: Any = None) -> Any:
        if state is not None:
            raise InputError(
                "predictions with a state are not supported by the interpreter; predict without a state",
                code="unsupported_state",
            )
        program = MILProgram.load(self.package_path, function=self.function_name, arithmetic=arithmetic)
        if isinstance(data, Mapping):
            return program.predict(data)
        return [program.predict(inputs) for inputs in data]

    original = MLModel.predict
    MLModel.predict = predict
    try:
        yield
    finally:
        MLModel.predict = original
