"""Prove a Core ML package without a Mac: the program that was saved is run operator by operator with PyTorch.

Float16 noise would hide a wrong operator, so there are two gates. The graph: a float32 conversion of the same program,
interpreted in float32. The numerics: the package itself, every value rounded as the package declares it.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from efficientmod_export._stages import ConversionOptions, Outputs, Precision, Runner, Sample, TensorSpec
from efficientmod_export.backends import BACKENDS, IMAGE
from efficientmod_export.bundle import Interpretation
from efficientmod_export.mil import Arithmetic, MILProgram
from efficientmod_export.parity import GRAPH_TOLERANCE, TOLERANCES, MeasuredWith, Tolerance, Verdict, measure
from efficientmod_mobile.deploy import Program


def interpret_conversion(
    program: Program,
    package: Path,
    options: ConversionOptions,
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
) -> Interpretation:
    """Both gates, for a `package` that was just made from `program`. Raises what conversions and readers raise."""
    with TemporaryDirectory() as workshop:
        exact = BACKENDS["coreml"].convert(program, replace(options, precision="fp32"), Path(workshop)).path
        graph = _judge(exact, "float32", outputs, samples, references, GRAPH_TOLERANCE)
    return Interpretation(
        graph=graph, numerics=interpret_package(package, options.precision, outputs, samples, references)
    )


def interpret_package(
    package: Path,
    precision: Precision,
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
) -> Verdict:
    """The second gate, from the package's files alone."""
    return _judge(package, "float16", outputs, samples, references, TOLERANCES["coreml", precision])


def _judge(
    package: Path,
    arithmetic: Arithmetic,
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
    tolerance: Tolerance,
) -> Verdict:
    measured_with = MeasuredWith(
        runtime=f"MIL interpreter of efficientmod-mobile, {arithmetic} arithmetic",
        version=metadata.version("efficientmod-mobile"),
    )
    return measure(samples, references, _runner(package, arithmetic, outputs), tolerance, measured_with)


def _runner(package: Path, arithmetic: Arithmetic, outputs: tuple[TensorSpec, ...]) -> Runner:
    program = MILProgram.load(package, arithmetic=arithmetic)

    def run(sample: Sample) -> Outputs:
        results = program.predict({IMAGE: sample.pixels})
        return tuple(np.asarray(results[spec.name], np.float32) for spec in outputs)

    return run
