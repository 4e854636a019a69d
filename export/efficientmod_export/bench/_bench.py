"""The bench of one bundle on this machine; the body of `bench_bundle` is its numbered stages."""

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from typing import Literal

from efficientmod_export._input_forms import in_forms
from efficientmod_export._picture_run import variant_of
from efficientmod_export._rebuild import rebuild
from efficientmod_export._stages import ProgressReport, Sample, report_nothing
from efficientmod_export._subject import resolution_of
from efficientmod_export._workers import processors
from efficientmod_export.bench._contenders import (
    REFERENCE,
    artifact_contenders,
    demand_one,
    plain_contenders,
    plain_name,
    plain_variants,
    runnable,
)
from efficientmod_export.bench._machine import describe_machine, load_average
from efficientmod_export.bench._plan import EAGER, PRODUCT_SIZE, Contender, Measurement, NetworkSource, Plan
from efficientmod_export.bench._process import measure_apart
from efficientmod_export.bench._result import BenchResult, Row, Settings, Skipped
from efficientmod_export.bench._statistics import Ratio
from efficientmod_export.bundle import golden_samples
from efficientmod_export.bundle.contract import Bundle, read_bundle
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import torch_inputs
from efficientmod_export.targets import find_target, runtime_title
from efficientmod_mobile import Network, count_macs
from efficientmod_mobile.deploy import capture
from efficientmod_mobile.errors import EfficientModError, InputError

Baseline = Literal["plain"]

MOST_DEFAULT_THREADS = 4  # as many as phones have large cores


def bench_bundle(
    bundle: Path | str,
    *,
    baseline: Baseline | None = "plain",
    threads: int | None = None,
    runs: int = 50,
    warmup: int = 5,
    checkpoint: str | None = None,
    checkpoint_key: str | None = None,
    model: str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> BenchResult:
    """Measure the latency of every artifact of a bundle that runs here, alternating with what it is compared to.

    Compared to: the network's captured program, untransformed, converted for the same target in the artifact's
    precision (unless `baseline` is None); the same for ONNX Runtime, unless the bundle holds a .onnx; PyTorch eager.
    Only the inference call is timed. `threads` None is one for each processor, at most four.

    What it is compared to needs the network: `checkpoint` must be the file that the bundle was made from, and
    `checkpoint_key` the same; seeded weights are generated again without one. `model` names a network that the bundle
    does not say how to build. Without the network the bundle's files are measured alone.

    What cannot be built, converted or loaded here is in the result's `skipped`. Raises BundleError for a damaged
    bundle, InputError for another checkpoint, for more threads than processors, and where no artifact runs here;
    ConversionError when the network cannot be captured or a runtime crashes.
    """
    settings = _settings(threads, runs, warmup)
    opened = read_bundle(Path(bundle))
    sample = golden_samples(opened, opened.manifest.golden[:1])[0]
    with tempfile.TemporaryDirectory(prefix="efficientmod-bench-") as folder, nullcontext() if verbose else quiet():
        # 1. What of the bundle runs here.
        entries, skipped = runnable(opened, settings.threads)

        # 2. Its network, loaded again.
        progress("rebuilding the network")
        network, missing = _network(opened, sample, checkpoint, checkpoint_key, model)

        # 3. The plain conversions.
        plain: list[Contender] = []
        if network is not None:
            program = capture(network.module, *torch_inputs(sample))
            wanted = plain_variants(entries, baselines=baseline is not None)
            plain, unconverted = plain_contenders(program, opened, wanted, settings.threads, Path(folder), progress)
            missing += unconverted

        # 4. All of them in alternating rounds, in a separate process.
        contenders = (*artifact_contenders(opened, entries, settings.threads), *plain)
        progress(f"measuring {len(contenders) + (network is not None)} programs in {runs} rounds")
        seed = opened.manifest.model.weights.seed or 0
        source = NetworkSource(network.name, checkpoint, checkpoint_key, seed) if network else None
        plan = Plan(contenders, source, sample, settings.threads, runs, warmup)
        measured = measure_apart(plan, Path(folder))
    skipped += [*missing, *(Skipped(name, reason) for name, reason in measured.refused.items())]
    names = [variant_of(entry).name for entry in entries]
    demand_one({name for name in names if name in measured.timings}, skipped)

    # 5. Summarise the timings.
    return BenchResult(
        bundle=opened.path,
        model=opened.manifest.model.name,
        weights=opened.manifest.model.weights.statement,
        resolution=resolution_of(opened.manifest.inputs),
        settings=settings,
        macs=count_macs(network.module, *torch_inputs(sample)) if network else None,
        macs_per_second=1e3 * PRODUCT_SIZE**3 / min(measured.product.rounds),
        rows=tuple(_rows(plan, measured)),
        ratios=tuple(_ratios(plan, measured)),
        skipped=tuple(skipped),
    )


def _network(
    bundle: Bundle, sample: Sample, checkpoint: str | None, checkpoint_key: str | None, model: str | None
) -> tuple[Network | None, list[Skipped]]:
    """The network, or why there is none. Raises as `rebuild` does where its checkpoint or name is given."""
    try:
        return in_forms(rebuild(bundle, checkpoint, checkpoint_key, model), sample), []
    except EfficientModError as error:
        if checkpoint is not None or model is not None:
            raise
        return None, [Skipped("PyTorch and the plain conversions", str(error))]


def _settings(threads: int | None, runs: int, warmup: int) -> Settings:
    available = processors()
    if threads is None:
        threads = min(available, MOST_DEFAULT_THREADS)
    if not 1 <= threads <= available:
        raise InputError(
            f"{threads} threads cannot be measured on {available} processors; give between 1 and {available}.",
            code="option_out_of_range",
        )
    if min(runs, warmup) < 1:
        raise InputError(
            f"{runs} runs after {warmup} warm-up calls measure nothing; give at least 1 of each.",
            code="option_out_of_range",
        )
    return Settings(describe_machine(), load_average(), threads, runs, warmup)


def _rows(plan: Plan, measured: Measurement) -> Iterator[Row]:
    """The artifacts, then the plain conversions, then PyTorch."""
    for contender in plan.contenders:
        if contender.name in measured.timings:
            runtime = find_target(contender.configuration.target).runtime
            precision, timing = contender.configuration.precision, measured.timings[contender.name]
            yield Row.of(contender.name, contender.kind, runtime_title(runtime), precision, timing)
    if EAGER in measured.timings:
        yield Row.of(EAGER, "eager", f"PyTorch {metadata.version('torch')}", "fp32", measured.timings[EAGER])


def _ratios(plan: Plan, measured: Measurement) -> Iterator[Ratio]:
    """Each artifact to its own plain conversion, to ONNX Runtime and to PyTorch."""
    timings = measured.timings
    reference = REFERENCE if REFERENCE in timings else plain_name(REFERENCE)
    for name in (contender.name for contender in plan.contenders if contender.kind == "artifact"):
        for other in dict.fromkeys((plain_name(name), reference, EAGER)):
            if other != name and {name, other} <= timings.keys():
                yield Ratio.of(name, timings[name].rounds, other, timings[other].rounds)
