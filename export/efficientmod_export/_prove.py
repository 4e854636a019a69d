"""Compare artifacts with the PyTorch reference; an export and `verify` prove in the same way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from efficientmod_export._stages import ConversionOptions, ModelFile, Outputs, Precision, Runner, Sample, Unit
from efficientmod_export.bundle.contract import Check, UnitProof, conclude
from efficientmod_export.parity import (
    MeasuredWith,
    Noise,
    NoiseKind,
    Tolerance,
    Verdict,
    measure,
    not_run_here,
    refused,
)
from efficientmod_export.quantisation import Grid
from efficientmod_export.targets import (
    REPLAYED,
    Configuration,
    Interpreter,
    Place,
    Runtime,
    Target,
    UnitMissingError,
    UnitRefusesError,
    Variant,
    find_target,
    runner_of,
    runtime_version,
)
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ConversionError, ParityError

FLOAT32_FORM: Precision = "fp32"
"""The precision in which the graph of an interpreted target is proven."""


@dataclass(frozen=True)
class Held:
    """What artifacts are compared with: samples, the reference's outputs for each, and the network's rounding noise."""

    samples: tuple[Sample, ...]
    references: tuple[Outputs, ...]
    noise: Noise = field(default_factory=dict)

    def limits(self, tolerance: Tolerance, noise: NoiseKind) -> Tolerance:
        """A tolerance, widened by the noise of the network's noisiest output where that is larger."""
        return tolerance.widened(self.noise.get(noise, ()))

    def limits_of_each(self, tolerance: Tolerance, noise: NoiseKind) -> tuple[Tolerance, ...]:
        """The same by each output's own noise; () where the noise is not known."""
        return tuple(tolerance.widened([one]) for one in self.noise.get(noise, ()))


def prove(
    variant: Variant,
    file: ModelFile,
    held: Held,
    units: Sequence[str] = (),
    *,
    known: Sequence[Check] = (),
    seconds: dict[Unit, float] | None = None,
) -> tuple[Check, ...]:
    """Judge a file on every place of its variant, or on those of `units`: in its own runtime where this machine can run
    it there. Where this machine can run none of these places, the target's interpreter runs the file.

    What `known` has of a place is not repeated. `seconds` is given what each unit took.

    Raises DependencyError when the runtime is not installed, ConversionError when it refuses the file.
    """
    target = find_target(variant.target)
    checks = []
    for place in variant.places:
        if units and place.unit not in units:
            checks.append(_not_asked_for(place, held))
            continue
        limits = held.limits(place.limits, place.noise)
        began = time.perf_counter()
        checks.append(_among(known, place, limits) or _on(target, place, variant.configuration(place), file, held))
        if seconds is not None:
            seconds[place.unit] = seconds.get(place.unit, 0.0) + time.perf_counter() - began
    if target.interpreter is not None and all(check.verdict.measured_with is None for check in checks):
        checks.append(_interpreted(target.interpreter, variant, file, held))
    return tuple(checks)


def _among(known: Sequence[Check], place: Place, limits: Tolerance) -> Check | None:
    """What is known of a place, judged by the same limits."""
    for check in known:
        where = check.gate, check.unit, check.compute_precision
        if where == ("runtime", place.unit, place.compute_precision) and check.verdict.tolerance == limits:
            return check
    return None


def prove_graph(variant: Variant, program: Program, options: ConversionOptions, held: Held) -> tuple[Check, ...]:
    """For an interpreted target, and for a file in float16: whether a float32 conversion of the program has the right
    graph. Its rounding noise is too small to hide a wrong operator. Raises what conversions and readers raise.
    """
    target = find_target(variant.target)
    if target.interpreter is not None:
        runtime, limits = target.interpreter.runtime, target.interpreter.graph_limits
    elif variant.precision == FLOAT32_FORM:
        return ()
    else:
        runtime, limits = target.runtime, target.variant(FLOAT32_FORM).places[0].limits
    with TemporaryDirectory() as workshop:
        file = target.make(program, replace(options, precision=FLOAT32_FORM), Path(workshop))
        configuration = Configuration(target.name, FLOAT32_FORM, "cpu", "float32")
        verdict, _ = _run(runtime, configuration, limits, file, held, "float32")
    return (Check(gate="graph", unit=None, compute_precision="float32", threads=None, verdict=verdict),)


def prove_rounding(
    variant: Variant, file: ModelFile, rounded: Held, grids: frozenset[Grid] = frozenset()
) -> tuple[Check, ...]:
    """Whether a file with rounded weights computes what the rounded program does, to which `rounded` holds it, and
    whether it states that program's grids of activations.
    """
    rounding = variant.rounding
    if rounding is None:
        return ()
    verdict, _ = _run(rounding.runtime, _in_float32(variant), rounding.limits, file, rounded, rounding.noise)
    other = rounding.grids(file.path) ^ grids if rounding.grids else frozenset()
    if other:
        step, zero = min(other)
        reason = f"{len(other)} grids of activations are not those of the program, such as step {step:.6g}, zero {zero}"
        verdict = verdict.model_copy(update={"outcome": "failed", "reasons": (*verdict.reasons, reason)})
    return (Check(gate="graph", unit=None, compute_precision="float32", threads=None, verdict=verdict),)


def float32_outputs(variant: Variant, file: ModelFile, held: Held) -> tuple[Outputs, ...]:
    """A file's outputs for each sample in float32 arithmetic, whatever it stores; () for one that is proven in float32.

    Stored beside the file, they show any later change of the program, which the noise of its precision would hide.
    """
    runtime = _float32_runtime(variant)
    if runtime is None:
        return ()
    dtypes = [output.dtype for output in held.references[0]]
    run = _failing(runner_of(runtime.open(file, _in_float32(variant)), file, dtypes))
    try:
        return tuple(run(sample) for sample in held.samples)
    except FloatingPointError:  # what it stores is rounded as well; it has failed its proof
        return ()


def prove_unchanged(variant: Variant, file: ModelFile, held: Held, recorded: Sequence[Outputs]) -> tuple[Check, ...]:
    """Whether a file still gives what `float32_outputs` recorded."""
    runtime = _float32_runtime(variant)
    if runtime is None or not recorded:
        return ()
    earlier = replace(held, references=tuple(recorded))
    verdict, _ = _run(runtime, _in_float32(variant), REPLAYED, file, earlier, "float32")
    return (Check(gate="replay", unit=None, compute_precision="float32", threads=None, verdict=verdict),)


def _float32_runtime(variant: Variant) -> Runtime | None:
    """What runs a variant's files in float32 arithmetic; None where they are proven in it, to float32's limits."""
    target = find_target(variant.target)
    if variant.rounding is not None:
        return variant.rounding.runtime
    if target.interpreter is not None:
        return target.interpreter.runtime
    return None if variant.precision == FLOAT32_FORM else target.runtime


def _in_float32(variant: Variant) -> Configuration:
    return Configuration(variant.target, variant.precision, "cpu", "float32")


def conclusions(variant: Variant, checks: Sequence[Check], held: Held) -> tuple[UnitProof, ...]:
    """The conclusion from the checks for each place of the variant."""
    return tuple(
        conclude(place.unit, place.compute_precision, checks, held.limits(place.limits, place.noise))
        for place in variant.places
    )


def parity_failure(variant: Variant, checks: Sequence[Check], doubt: str | None = None) -> ParityError | None:
    """The error for an artifact whose checks failed, None where none failed; `doubt` says why that need be no fault.

    A file that is right in float32 and fails in float16 only loses precision; any other failure is a wrong result.
    """
    failed = [check for check in checks if check.verdict.failed]
    if not failed:
        return None
    reasons = "; ".join(reason for check in failed for reason in _where(check))
    if any(check.gate in ("graph", "replay") for check in failed) or (
        variant.precision == FLOAT32_FORM and any(check.compute_precision == "float32" for check in failed)
    ):
        doubted = f" But {doubt}" if doubt else ""
        return ParityError(
            f"{variant.name} does not compute what PyTorch computes: {reasons}.{doubted}", code="wrong_result"
        )
    hint = (
        " The same file in float32 on that unit, or on the CPU, is unaffected."
        if variant.precision == FLOAT32_FORM
        else " Try --precision fp32."
    )
    return ParityError(f"{variant.name} loses precision: {reasons}.{hint}", code="precision_loss")


def _where(check: Check) -> list[str]:
    """The reasons, each with the unit where that is not the CPU."""
    place = "" if check.unit in (None, "cpu") else f"on the {check.unit} in {check.compute_precision} "
    return [f"{place}{reason}" for reason in check.verdict.reasons]


def _not_asked_for(place: Place, held: Held) -> Check:
    limits = held.limits(place.limits, place.noise)
    verdict = not_run_here(limits, f"not asked for; add --unit {place.unit}")
    arithmetic = place.compute_precision
    return Check(gate="runtime", unit=place.unit, compute_precision=arithmetic, threads=None, verdict=verdict)


def _on(target: Target, place: Place, configuration: Configuration, file: ModelFile, held: Held) -> Check:
    target.demand()
    missing = target.runtime.missing(configuration)
    if missing is None:
        verdict, threads = _run(target.runtime, configuration, place.limits, file, held, place.noise)
    else:
        verdict, threads = not_run_here(held.limits(place.limits, place.noise), f"not run here: {missing}"), None
    unit, arithmetic = configuration.unit, configuration.compute_precision
    return Check(gate="runtime", unit=unit, compute_precision=arithmetic, threads=threads, verdict=verdict)


def _interpreted(interpreter: Interpreter, variant: Variant, file: ModelFile, held: Held) -> Check:
    """The file itself, interpreted in the precision that it declares, against the limits of its first place."""
    place = variant.places[0]
    # float16 arithmetic rounds what the program declares as float16, and nothing of a float32 program.
    configuration = Configuration(variant.target, variant.precision, place.unit, "float16")
    verdict, _ = _run(interpreter.runtime, configuration, place.limits, file, held, place.noise, rounds=True)
    arithmetic = place.compute_precision
    return Check(gate="numerics", unit=None, compute_precision=arithmetic, threads=None, verdict=verdict)


def _run(
    runtime: Runtime,
    configuration: Configuration,
    tolerance: Tolerance,
    file: ModelFile,
    held: Held,
    noise: NoiseKind | None = None,
    *,
    rounds: bool = False,
) -> tuple[Verdict, int | None]:
    """The verdict, and the threads that the runtime used. Each output is held to `tolerance`, widened by its own noise
    of this kind. Where the arithmetic `rounds`, an operator that refuses what rounding made fails the sample.
    """
    measured_with = MeasuredWith(runtime=runtime.title, version=runtime_version(runtime))
    limits = held.limits(tolerance, noise) if noise else tolerance
    try:
        session = runtime.open(file, configuration)
    except UnitRefusesError as error:
        return refused(limits, measured_with, str(error)), None
    except UnitMissingError as error:
        return not_run_here(limits, f"not run here: {error}"), None
    dtypes = [output.dtype for output in held.references[0]]
    own = held.limits_of_each(tolerance, noise) if noise else ()
    runner = runner_of(session, file, dtypes)
    verdict = measure(held.samples, held.references, _failing(runner) if rounds else runner, limits, measured_with, own)
    return verdict, session.threads


def _failing(runner: Runner) -> Runner:
    """The runner, for which an index that was rounded beyond its axis is no fault of the file's form."""

    def run(sample: Sample) -> Outputs:
        try:
            return runner(sample)
        except ConversionError as error:
            if error.code != "operator_failed":
                raise
            raise FloatingPointError(str(error)) from error

    return run
