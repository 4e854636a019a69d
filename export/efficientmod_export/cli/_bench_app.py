"""`efficientmod bench --app`: a run of the app on a phone, and its report as `efficientmod report` shows it."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from efficientmod_export.cli._app import print_json
from efficientmod_export.cli._report import tell_refused
from efficientmod_export.cli._terminal import out, progress


def bench_in_app(
    bundles: Sequence[Path],
    *,
    app: Path | None,
    plan: str,
    configs: str | None,
    device: str | None,
    ios_device: str | None,
    report: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run, check and show; gives the exit code, 1 where the report computed something else than its numbers give."""
    from efficientmod_export.bench import AppRun, bench_on_android, bench_on_ios
    from efficientmod_export.report import read_reports, show_reports
    from efficientmod_mobile.errors import InputError

    if len(bundles) != 1:
        raise InputError("A phone measures one bundle at a time; name one.", code="conflicting_options")
    (bundle,) = bundles
    run = AppRun(plan, tuple(filter(None, (configs or "").split(","))))
    with progress(shown=not (quiet or as_json)) as tell:
        if ios_device is not None:
            written = bench_on_ios(bundle, run, device=ios_device, app=app, output=report, progress=tell)
        elif app is not None:
            written = bench_on_android(bundle, app, run, serial=device, output=report, progress=tell)
        else:
            raise InputError("Name the app with --app, or an iPhone with --ios-device.", code="conflicting_options")
    result = read_reports([written], bundle)
    if as_json:
        print_json({"report": written, **result.as_json()})
    elif not quiet:
        show_reports(result, out)
        out.print(f"Report: {escape(str(written))}", soft_wrap=True)
    tell_refused(result)
    return result.exit_code
