"""`efficientmod bench`."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from efficientmod_export.cli._app import (
    CheckpointKey,
    Json,
    NetworkName,
    Quiet,
    Verb,
    Verbose,
    app,
    errors_end_the_program,
    print_json,
)
from efficientmod_export.cli._bench_app import bench_in_app
from efficientmod_export.cli._terminal import progress

if TYPE_CHECKING:
    from efficientmod_export.bench import BenchResult

Measured = TypeVar("Measured")


@app.command(cls=Verb, short_help="Measure latency here or on a phone.")
def bench(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE", help="One or several bundles' folders.")],
    baseline: Annotated[
        Literal["plain", "none"], typer.Option(help="Measure the plain conversion of the same network beside it.")
    ] = "plain",
    threads: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Of every runtime; by default one a processor, at most 4.")
    ] = None,
    runs: Annotated[
        int, typer.Option(metavar="COUNT", help="Rounds; in each, everything runs once, in an order of its own.")
    ] = 50,
    warmup: Annotated[
        int, typer.Option(metavar="COUNT", help="Calls of each before the first round, not counted.")
    ] = 5,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", "-c", metavar="FILE", help="What the bundle was made from: for the plain ones and PyTorch."
        ),
    ] = None,
    checkpoint_key: CheckpointKey = None,
    model: NetworkName = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write latency by model to this picture.")] = None,
    adb: Annotated[
        Path | None,
        typer.Option(
            metavar="PROGRAM", help="Measure on a connected phone with this benchmark_model or executor_runner."
        ),
    ] = None,
    app_file: Annotated[
        Path | None,
        typer.Option(
            "--app", metavar="FILE", help="Measure in this app on a connected phone: an .apk; iOS: a signed .app."
        ),
    ] = None,
    plan: Annotated[str, typer.Option(metavar="PLAN", help="With an app: quick, standard or sustained.")] = "standard",
    configs: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="With an app: tflite-fp32:cpu:float32:4,...; by default all that it can run."
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="SERIAL", help="With an app: the Android phone's serial number.")
    ] = None,
    ios_device: Annotated[
        str | None,
        typer.Option(
            metavar="DEVICE", help="Measure in the iOS app: an iPhone's identifier or name, or auto. On a Mac."
        ),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="With an app: where its report is written.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure the latency of a bundle's artifacts, interleaved with the plain conversions, ONNX Runtime and PyTorch,
    where the network can be built: of a bundle from a checkpoint with --checkpoint.
    """
    from efficientmod_export.bench import (
        bench_bundle,
        bench_on_phone,
        check_picture,
        plot_latency,
        show_bench,
        show_phone,
    )
    from efficientmod_mobile.errors import InputError

    if app_file or ios_device:
        with errors_end_the_program(as_json, verbose):
            if adb or plot:
                raise InputError("With an app, leave out --adb and --plot.", code="conflicting_options")
            code = bench_in_app(
                bundles,
                app=app_file,
                plan=plan,
                configs=configs,
                device=device,
                ios_device=ios_device,
                report=report_file,
                as_json=as_json,
                quiet=quiet,
            )
        raise typer.Exit(code)
    with errors_end_the_program(as_json, verbose):
        if adb:
            if plot:
                raise InputError(
                    "The picture shows what is measured on this machine; leave out --plot or --adb.",
                    code="conflicting_options",
                )
            count = 2 if threads is None else threads
            on_phone = partial(bench_on_phone, binary=adb, threads=count, runs=runs, warmup=warmup)
            measured = _measure_each(bundles, on_phone, show_phone, shown=not (as_json or quiet))
            if as_json:
                print_json(measured)
            return
        if plot:
            check_picture(plot)

        def here(bundle: Path) -> "BenchResult":
            with progress(shown=not (quiet or as_json or verbose)) as report:
                return bench_bundle(
                    bundle,
                    baseline="plain" if baseline == "plain" else None,
                    threads=threads,
                    runs=runs,
                    warmup=warmup,
                    checkpoint=checkpoint,
                    checkpoint_key=checkpoint_key,
                    model=model,
                    verbose=verbose,
                    progress=report,
                )

        results = _measure_each(bundles, here, show_bench, shown=not (as_json or quiet))
        if plot:
            plot_latency(results, plot)
        if as_json:  # last, since an error is a document of its own
            print_json(results)


def _measure_each(
    bundles: Sequence[Path],
    measure: Callable[[Path], Measured],
    show: Callable[[Measured], None],
    *,
    shown: bool,
) -> list[Measured]:
    """Show each result as soon as it is there, since the next bundle may fail."""
    results = []
    for bundle in bundles:
        results.append(measure(bundle))
        if shown:
            show(results[-1])
    return results
