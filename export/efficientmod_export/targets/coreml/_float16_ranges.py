"""How much of float16's range an ML program's values use: the first operator that overflows, and those close to it."""

from collections.abc import Callable, Sequence

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.mil import FLOAT16_LARGEST, OperatorRange, audit_float16
from efficientmod_export.targets._runtime import Configuration, input_values
from efficientmod_export.targets.coreml._interpreter import MilInterpreter

FULLEST_SHOWN = 3
CONFIGURATION = Configuration("coreml", "fp16", "neural_engine", "float16")


def describe_ranges(interpreter: MilInterpreter) -> Callable[[ModelFile, Sequence[Sample]], tuple[str, ...]]:
    """A function that reports a file's values in sentences: the first operator that overflows float16, and those that
    use most of its range.
    """

    def describe(file: ModelFile, samples: Sequence[Sample]) -> tuple[str, ...]:
        session = interpreter.open(file, CONFIGURATION)
        feeds = (session.feed(input_values(file.inputs, sample)) for sample in samples)
        ranges = audit_float16(session.program, feeds)
        # An operator whose weight float16 cannot represent stays in float32.
        overflowing = [met for met in ranges if met.overflows and met.operation.outputs[0].dtype == "fp16"]
        first = min(overflowing, key=lambda met: met.position, default=None)
        overflow = () if first is None else (f"the first operator that overflows float16 is {_name(first)}.",)
        return (*overflow, *map(_range, ranges[:FULLEST_SHOWN]))

    return describe


def _name(met: OperatorRange) -> str:
    return f"{met.operation.kind} {met.operation.outputs[0].name} in {met.operation.module or 'the network itself'}"


def _range(met: OperatorRange) -> str:
    verdict = "overflows float16" if met.overflows else "may saturate" if met.saturates else "fits"
    sums = "" if met.partial_sum is None else f", partial sums up to {met.partial_sum:.3g} of {met.saturates_at:g}"
    return f"{_name(met)} {verdict}: values up to {met.largest:.3g} of {FLOAT16_LARGEST:g}{sums}."
