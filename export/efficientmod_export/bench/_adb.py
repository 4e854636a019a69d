"""Measures on a connected Android phone, with ExecuTorch's or LiteRT's own command-line tool."""

import re
import shlex
from pathlib import Path

from efficientmod_export.bench._adb_connection import Adb, last_line
from efficientmod_export.bench._result import PhoneResult
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle, read_bundle
from efficientmod_export.targets import PhoneTimes, PhoneTool, all_targets
from efficientmod_mobile.errors import InputError

FOLDER = "/data/local/tmp/efficientmod_bench"
"""A folder on the phone where the shell may run programs; removed at the end."""


def bench_on_phone(
    bundle: Path | str, binary: Path | str, *, threads: int = 2, runs: int = 50, warmup: int = 5
) -> PhoneResult:
    """Run the bundle's artifact on the connected phone; ANDROID_SERIAL chooses among several.

    `binary` is an executable built for the phone: ExecuTorch's `executor_runner` or LiteRT's `benchmark_model`. Its
    file name must contain that name, which decides which artifact is run.

    Raises BundleError for a damaged bundle, DependencyError without adb, and InputError where the binary is neither
    tool, the bundle has no artifact for it, no phone is ready, or the tool fails on it.
    """
    if min(threads, runs, warmup) < 1:
        raise InputError(
            f"{threads} threads, {runs} runs, {warmup} warm-up calls: give at least 1 of each.",
            code="option_out_of_range",
        )
    tool = _tool(Path(binary))
    opened = read_bundle(Path(bundle))
    entry = _artifact(opened, tool, Path(binary))
    model = opened.path / entry.file
    adb = Adb()
    adb.check_ready()
    try:
        adb.run("shell", f"mkdir -p {FOLDER}")
        adb.run("push", str(binary), f"{FOLDER}/tool")
        adb.run("push", str(model), f"{FOLDER}/{model.name}")
        adb.run("shell", f"chmod 755 {FOLDER}/tool")
        times = _run(adb, tool, f"{FOLDER}/{model.name}", threads, runs, warmup)
    finally:
        adb.call("shell", f"rm -rf {FOLDER}")
    return PhoneResult(
        bundle=opened.path,
        model=opened.manifest.model.name,
        target=entry.target,
        phone=_name_of_phone(adb),
        tool=Path(binary).name,
        threads=threads,
        runs=runs,
        times=times,
    )


def _tool(binary: Path) -> PhoneTool:
    tools = {tool.name: tool for target in all_targets() for tool in target.phone_tools}
    if not binary.is_file():
        raise InputError(
            f"{binary} is not a file; give the path of {' or '.join(tools)}, built for the phone.", code="missing_tool"
        )
    for name, tool in tools.items():
        if name in binary.name:
            return tool
    raise InputError(
        f"{binary.name} is not a known tool; its file name must contain {' or '.join(tools)}.", code="unknown_tool"
    )


def _artifact(bundle: Bundle, tool: PhoneTool, binary: Path) -> ArtifactEntry:
    targets = [target.name for target in all_targets() if tool in target.phone_tools]
    for entry in bundle.manifest.artifacts:
        if entry.target in targets:
            return entry
    raise InputError(
        f"{binary.name} runs {' and '.join(targets)} files and the bundle has none; export it for such a target.",
        code="no_artifact_for_tool",
    )


def _run(adb: Adb, tool: PhoneTool, model: str, threads: int, runs: int, warmup: int) -> PhoneTimes:
    command = shlex.join((f"{FOLDER}/tool", *tool.arguments(model, threads, runs, warmup)))
    # The process number selects the tool's own lines in the log.
    output = adb.run("shell", f"{command} 2>&1 & echo process $!; wait $!")
    times = tool.read(output, warmup)
    process = re.search(r"process (\d+)", output)
    if times is None and process:
        times = tool.read(adb.run("logcat", "-d", f"--pid={process[1]}", "-s", tool.log_tag), warmup)
    if times is None:
        raise InputError(
            f"The tool printed no times on the phone (its last line: {last_line(output) or 'none'}); build it with "
            f"logging enabled.",
            code="no_timings",
        )
    return times


def _name_of_phone(adb: Adb) -> str:
    model, version = (
        adb.run("shell", f"getprop {name}").strip() for name in ("ro.product.model", "ro.build.version.release")
    )
    return f"{model}, Android {version}"
