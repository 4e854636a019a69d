"""Hold artifacts against the PyTorch reference; an export and `verify` prove in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from efficientmod_export._stages import ConversionOptions, ModelFile, Outputs, Sample
from efficientmod_export.parity import Check, MeasuredWith, Tolerance, Verdict, measure, not_run_here
from efficientmod_export.targets import (
    Configuration,
    Interpreter,
    Runtime,
    Target,
    Variant,
    find_target,
    runner_of,
    runtime_version,
)
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ConversionError, EfficientModError, ParityError
from efficientmod_mobile.messages import described

FLOAT32_FORM = "fp32"
"""What the graph of an interpreted target is proven in."""


@dataclass(frozen=True)
class Held:
    """What artifacts are held against: samples, and what the reference computes for each."""

    samples: tuple[Sample, ...]
    references: tuple[Outputs, ...]


def reference_outputs(module: nn.Module, samples: Sequence[Sample]) -> tuple[Outputs, ...]:
    """What PyTorch computes for each sample, eagerly and in float32: the network as the user knows it.

    Raises ConversionError when the network cannot run on its own input, gives something else than dense float32
    tensors, or something else each time.
    """
    inputs = [torch.from_numpy(sample.tensor) for sample in samples]
    # A few numbers that dropout thins can be the same twice; that they were drawn shows in the generator.
    generator = torch.get_rng_state()
    results = tuple(_run(module, tensor) for tensor in inputs)
    again = _run(module, inputs[0])
    steady = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(results[0], again, strict=True))
    if not steady or not torch.equal(generator, torch.get_rng_state()):
        raise ConversionError("The network gives other numbers each time; take dropout and random numbers out of it.")
    return results


def _run(module: nn.Module, tensor: Tensor) -> Outputs:
    try:
        with torch.no_grad():
            leaves = [leaf for leaf in pytree.tree_leaves(module(tensor)) if isinstance(leaf, Tensor)]
    except EfficientModError:
        raise
    except (Exception, SystemExit) as error:  # it is the user's code that runs, so anything can be raised
        raise ConversionError(
            f"The network does not run on an input of shape {tuple(tensor.shape)} ({described(error)}); "
            "fix its forward(), or try another --resolution."
        ) from error
    if not leaves:
        raise ConversionError("The network gives no tensor; return its scores or feature maps.")
    for index, leaf in enumerate(leaves):
        if leaf.layout != torch.strided or leaf.device.type != "cpu":
            raise ConversionError(
                f"Output {index} of the network is a {leaf.layout} tensor on {leaf.device}; return dense ones on the "
                "CPU."
            )
        if leaf.dtype != torch.float32 or leaf.ndim == 0 or leaf.numel() == 0:
            raise ConversionError(
                f"Output {index} of the network is {leaf.dtype} of shape {tuple(leaf.shape)}; "
                "return float32 tensors that have an axis and are not empty."
            )
    return tuple(leaf.detach().contiguous().numpy() for leaf in leaves)


def prove(variant: Variant, file: ModelFile, held: Held) -> tuple[Check, ...]:
    """Judge a file on every place that its variant has: in its own runtime where this machine has it, and where it has
    it for none of them in the target's interpreter.

    Raises DependencyError when the runtime is not installed, ConversionError when it refuses the file.
    """
    target = find_target(variant.target)
    checks = [_on(target, variant.configuration(place), place.limits, file, held) for place in variant.places]
    if target.interpreter is not None and all(check.verdict.measured_with is None for check in checks):
        checks.append(_interpreted(target.interpreter, variant, file, held))
    return tuple(checks)


def prove_graph(target: Target, program: Program, options: ConversionOptions, held: Held) -> tuple[Check, ...]:
    """For an interpreted target: whether a float32 conversion of the program has the right graph; its noise is too
    small to hide a wrong operator. Raises what conversions and readers raise.
    """
    if target.interpreter is None:
        return ()
    limits, runtime = target.interpreter.graph_limits, target.interpreter.runtime
    with TemporaryDirectory() as workshop:
        file = target.make(program, replace(options, precision=FLOAT32_FORM), Path(workshop))
        configuration = Configuration(target.name, FLOAT32_FORM, "cpu", "float32")
        verdict = _run(runtime, configuration, limits, file, held)
    return (Check(gate="graph", unit=None, compute_precision="float32", verdict=verdict),)


def parity_failure(variant: Variant, checks: Sequence[Check]) -> ParityError | None:
    """The error that an artifact's checks amount to, None where none of them failed."""
    failed = [check.verdict for check in checks if check.verdict.failed]
    reasons = [reason for verdict in failed for reason in verdict.reasons]
    if not reasons:
        return None
    hint = (
        ""
        if variant.precision == FLOAT32_FORM
        else " Try --precision fp32: if that passes, it is the rounding to float16."
    )
    return ParityError(f"{variant.name} does not compute what PyTorch computes: {'; '.join(reasons)}.{hint}")


def _on(target: Target, configuration: Configuration, limits: Tolerance, file: ModelFile, held: Held) -> Check:
    target.demand()
    missing = target.runtime.missing(configuration)
    if missing is None:
        verdict = _run(target.runtime, configuration, limits, file, held)
    else:
        verdict = not_run_here(limits, f"not run here: {missing}")
    unit, arithmetic = configuration.unit, configuration.compute_precision
    return Check(gate="runtime", unit=unit, compute_precision=arithmetic, verdict=verdict)


def _interpreted(interpreter: Interpreter, variant: Variant, file: ModelFile, held: Held) -> Check:
    """The file itself, rounded as it says, against the limits of its first place."""
    place = variant.places[0]
    # float16 arithmetic rounds what the program declares as float16, and nothing of a float32 program.
    configuration = Configuration(variant.target, variant.precision, place.unit, "float16")
    verdict = _run(interpreter.runtime, configuration, place.limits, file, held)
    return Check(gate="numerics", unit=None, compute_precision=place.compute_precision, verdict=verdict)


def _run(runtime: Runtime, configuration: Configuration, limits: Tolerance, file: ModelFile, held: Held) -> Verdict:
    session = runtime.open(file, configuration)
    measured_with = MeasuredWith(runtime=runtime.title, version=runtime_version(runtime))
    return measure(held.samples, held.references, runner_of(session, file), limits, measured_with)
