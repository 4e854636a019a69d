"""Prove what Core ML runs without a Mac: the ML program that was saved, as a package or inside a `.pte`, is run
operator by operator with PyTorch.

Float16 noise would hide a wrong operator, so there are two gates. The graph: a float32 conversion of the same program,
interpreted in float32. The numerics: the artifact itself, every value rounded as its program declares it.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from efficientmod_export._stages import ConversionOptions, Outputs, Precision, Runner, Sample, TensorSpec
from efficientmod_export.bundle import Interpretation
from efficientmod_export.mil import Arithmetic
from efficientmod_export.parity import GRAPH_TOLERANCE, TOLERANCES, MeasuredWith, Tolerance, Verdict, measure
from efficientmod_export.targets import BACKENDS
from efficientmod_export.targets._interpreted import load_interpreted
from efficientmod_mobile.deploy import Program


def interpret_conversion(
    target: str,
    program: Program,
    artifact: Path,
    options: ConversionOptions,
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
) -> Interpretation:
    """Both gates, for an `artifact` that was just made from `program`. Raises what conversions and readers raise."""
    with TemporaryDirectory() as workshop:
        exact = BACKENDS[target].convert(program, replace(options, precision="fp32"), Path(workshop)).path
        graph = _judge(exact, "float32", outputs, samples, references, GRAPH_TOLERANCE)
    numerics = interpret_artifact(target, artifact, options.precision, outputs, samples, references)
    return Interpretation(graph=graph, numerics=numerics)


def interpret_artifact(
    target: str,
    artifact: Path,
    precision: Precision,
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
) -> Verdict:
    """The second gate, from the artifact's files alone."""
    return _judge(artifact, "float16", outputs, samples, references, TOLERANCES[target, precision])


def _judge(
    artifact: Path,
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
    return measure(samples, references, _runner(artifact, arithmetic, outputs), tolerance, measured_with)


def _runner(artifact: Path, arithmetic: Arithmetic, outputs: tuple[TensorSpec, ...]) -> Runner:
    loaded = load_interpreted(artifact, [spec.name for spec in outputs], arithmetic)

    def run(sample: Sample) -> Outputs:
        results = loaded.program.predict(loaded.feed(sample))
        return tuple(np.asarray(results[name], np.float32) for name in loaded.outputs)

    return run
