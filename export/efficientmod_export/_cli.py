"""The command line: `efficientmod` with its verbs, and `efficientmod-export`, the verb `export` by that name.

What imports torch is imported by the verb that needs it: it takes seconds, and Ctrl-C must not show a traceback then.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from efficientmod_export import _doctor, _render, _vulkan
from efficientmod_export._stages import DEFAULT_IOS
from efficientmod_export._target_names import target_names

if TYPE_CHECKING:
    from efficientmod_export.bench import BenchResult

INTERRUPTED = 130  # 128 + SIGINT, as shells count

app = typer.Typer(
    name="efficientmod",
    help="From a vision model's checkpoint to proven Core ML, ExecuTorch and TFLite files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
export_app = typer.Typer(name="efficientmod-export", add_completion=False, pretty_exceptions_enable=False)


Measured = TypeVar("Measured")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Let the converters' own output through.")]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(_doctor.version())
        raise typer.Exit


@app.command()
@export_app.command()
def export(
    target: Annotated[
        list[str],
        typer.Option(
            "--target", "-t", metavar="TARGET", help=f"{', '.join((*target_names(), 'all'))}; may be repeated."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="efficientmod_s, timm/repvit_m1_0, my_package.my_module:build, ..."),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", "-c", help="A .pth, .pt or .safetensors file, or hf-hub:owner/name.")
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            help="fp32, fp16, ...: of every target that has it, by default each target's own; may be repeated.",
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT",
            help="cpu, gpu or neural_engine: what to prove on, by default all that can be used here; may be repeated.",
        ),
    ] = None,
    resolution: Annotated[str | None, typer.Option(help="224, or height x width as in 256x192.")] = None,
    labels: Annotated[Path | None, typer.Option(help="A text file with one class name a line.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The bundle's folder; a bundle in it is replaced.")
    ] = Path("out"),
    ios: Annotated[int, typer.Option(help="The least iOS that the Core ML model must run on.")] = DEFAULT_IOS,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep a bundle whose parity failed, marked.")
    ] = False,
    keep_onnx: Annotated[bool, typer.Option("--keep-onnx", help="Keep the ONNX file as well.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Convert a network, prove each artifact against PyTorch, and write a bundle."""
    with _errors_end_the_program(as_json, verbose):
        from efficientmod_export._pipeline import export_bundle
        from efficientmod_export._request import parse_resolution

        with _render.progress(shown=not (quiet or as_json or verbose)) as report:
            result = export_bundle(
                model=model,
                checkpoint=checkpoint,
                targets=tuple(target),
                output=output,
                precisions=tuple(precision or ()),
                units=tuple(unit or ()),
                resolution=None if resolution is None else parse_resolution(resolution),
                labels=labels,
                ios=ios,
                keep_failed=keep_failed,
                keep_onnx=keep_onnx,
                verbose=verbose,
                progress=report,
            )
        _print(result, lambda: _render.export_result(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A bundle's folder, or any .tflite file.")],
    layers: Annotated[bool, typer.Option("--layers", help="Name the first layer whose output drifts.")] = False,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", "-c", help="For --layers: the weights that the bundle was made from.")
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", help="For a file: an .npy to run it on, one an input; by default random numbers."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Prove a bundle again from its files alone; or run a .tflite file, anyone's, on the processor and a GPU."""
    with _errors_end_the_program(as_json, verbose):
        from efficientmod_export._verify import verify_bundle
        from efficientmod_export._verify_file import is_model_file, verify_file
        from efficientmod_mobile.errors import InputError

        single = is_model_file(path)
        if (single and (layers or checkpoint)) or (inputs and not single):
            raise InputError(
                "--layers and --checkpoint are for a bundle, --input is for a single file; leave it out.",
                code="conflicting_options",
            )
        with _render.progress(shown=not (quiet or as_json or verbose)) as report:
            if single:
                compared = verify_file(path, inputs=inputs or (), verbose=verbose, progress=report)
            else:
                proven = verify_bundle(path, layers=layers, checkpoint=checkpoint, verbose=verbose, progress=report)
        result = compared if single else proven
        _print(result, lambda: _render.verification(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)


@app.command()
def lint(
    path: Annotated[Path, typer.Argument(help="A bundle's folder, a .mlpackage, a .pte for Core ML, any .tflite.")],
    as_json: Json = False,
) -> None:
    """List what is known to cost or forbid the Neural Engine, or to be wrong on a GPU; the file is only read."""
    with _errors_end_the_program(as_json):
        from efficientmod_export.lint import lint_path

        reports = lint_path(path)
        _print({"reports": reports}, lambda: _render.lint_reports(reports), as_json)


@app.command()
def bench(
    bundles: Annotated[list[Path], typer.Argument(help="One or several bundles' folders.")],
    baseline: Annotated[
        Literal["plain", "none"], typer.Option(help="Measure the plain conversion of the same network beside it.")
    ] = "plain",
    threads: Annotated[
        int | None, typer.Option(help="Of every runtime; by default one a processor, at most 4.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Rounds; in each, everything runs once, in an order of its own.")] = 50,
    warmup: Annotated[int, typer.Option(help="Calls of each before the first round, not counted.")] = 5,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", "-c", help="The weights that the bundle was made from.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write latency by model to this picture.")] = None,
    adb: Annotated[
        Path | None, typer.Option(help="Measure on a connected phone with this benchmark_model or executor_runner.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure the latency of a bundle's artifacts, interleaved with the plain conversions, ONNX Runtime and PyTorch."""
    with _errors_end_the_program(as_json, verbose):
        from efficientmod_export.bench import (
            bench_bundle,
            bench_on_phone,
            check_picture,
            plot_latency,
            show_bench,
            show_phone,
        )
        from efficientmod_mobile.errors import InputError

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
                _print_json(measured)
            return
        if plot:
            check_picture(plot)

        def here(bundle: Path) -> "BenchResult":
            with _render.progress(shown=not (quiet or as_json or verbose)) as report:
                return bench_bundle(
                    bundle,
                    baseline="plain" if baseline == "plain" else None,
                    threads=threads,
                    runs=runs,
                    warmup=warmup,
                    checkpoint=checkpoint,
                    verbose=verbose,
                    progress=report,
                )

        results = _measure_each(bundles, here, show_bench, shown=not (as_json or quiet))
        if plot:
            plot_latency(results, plot)
        if as_json:  # last, since an error is a document of its own
            _print_json(results)


@app.command()
def models(as_json: Json = False) -> None:
    """Show the catalogue: parameters, multiply-accumulates and published top-1 of every model."""
    from efficientmod_mobile import catalogue

    entries = catalogue()
    _print(entries, lambda: _render.catalogue(entries), as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Show what is installed, at which version, the Vulkan drivers, and the command for what is missing."""
    checks, drivers = _doctor.examine(), _vulkan.find_drivers()
    remedies = _vulkan.remedies(drivers)
    document = {
        "machine": _doctor.machine(),
        "packages": checks,
        "vulkan": {"drivers": drivers, "remedies": remedies},
    }

    def show() -> None:
        _render.doctor(_doctor.machine(), checks)
        _render.vulkan(drivers, remedies)

    _print(document, show, as_json)


def _print(document: object, show: Callable[[], None], as_json: bool) -> None:
    if as_json:
        _print_json(document)
    else:
        show()


def _print_json(document: object) -> None:
    from efficientmod_export._plain import plain

    typer.echo(json.dumps(plain(document), indent=2))


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


@contextmanager
def _errors_end_the_program(as_json: bool, verbose: bool = False) -> Iterator[None]:
    """One sentence and the error's exit code; `--json` prints the code as well, `--verbose` the traceback."""
    try:
        yield
    except KeyboardInterrupt:
        _render.error("Interrupted; nothing was written.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        from efficientmod_mobile.errors import ConversionError, EfficientModError

        if isinstance(error, MemoryError):
            error = ConversionError(
                "The memory of this machine does not suffice; choose a smaller --resolution, or another machine.",
                code="out_of_memory",
            )
        if not isinstance(error, EfficientModError):
            raise
        if verbose:
            traceback.print_exc()
        _render.error(str(error))
        if as_json:
            _print_json({"error": error})
        raise typer.Exit(error.exit_code) from error


def main() -> None:
    """Entry point of `efficientmod`."""
    sys.exit(app())


def main_export() -> None:
    """Entry point of `efficientmod-export`."""
    sys.exit(export_app())
