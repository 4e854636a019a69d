"""Export many networks to ExecuTorch for XNNPACK, and write how each file comes out to its page in docs/measurements/.

    python benchmarks/executorch_models.py

The networks are the EfficientMods, and those that docs/measurements/tflite_models.md begins with. Each is exported by
`efficientmod-export` in a process of its own, with a limit of time; weights are seeded ones of realistic scale.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _tables import EFFICIENTMODS, OTHERS, table, versions

from efficientmod_export.bench._machine import describe_machine

PAGE = Path(__file__).parents[1] / "docs" / "measurements" / "executorch_models.md"
TIME_LIMIT = 900.0
"""Seconds that a network is given."""


def exported(model: str, folder: Path) -> dict[str, Any]:
    """What `efficientmod-export --json` tells of the network, kept in `folder` for the next run."""
    note = folder / f"{model.replace('/', '-')}.json"
    if not note.exists():
        command = [sys.executable, "-m", "efficientmod_export", "export", "--model", model, "--target", "executorch"]
        output = ["--output", str(folder / "bundle"), "--keep-failed", "--json"]
        done = subprocess.run([*command, *output], capture_output=True, text=True, check=False, timeout=TIME_LIMIT)
        note.write_text(done.stdout or json.dumps({"failure": done.stderr.strip()}))
    told: dict[str, Any] = json.loads(note.read_text())
    return {"model": model, **(told["targets"][0] if "targets" in told else told)}


def lines(results: list[dict[str, Any]]) -> Iterator[str]:
    """The page."""
    made = [result for result in results if result["artifact"]]
    whole = sum(not result["artifact"]["outside"] and result["artifact"]["delegates"] == 1 for result in made)
    yield "# Networks in ExecuTorch"
    yield ""
    yield "Written by `python benchmarks/executorch_models.py`"
    yield f"on {describe_machine()}; {versions('executorch')}."
    yield ""
    yield f"{len(results)} networks in float32: {len(made)} are exported, {whole} of them as one XNNPACK delegate with"
    yield "nothing outside. Operators: ATen's, as captured → as lowered. Error: the largest difference from PyTorch on"
    yield "the five pictures of a bundle, as a fraction of the output's range."
    yield ""
    head = ["network", "operators", "delegates", "outside", "error", "top-5", "parity"]
    yield from table(head, map(_row, made))
    refused = [result for result in results if not result["artifact"]]
    if refused:
        yield ""
        yield "Not exported:"
        yield ""
        yield from (f"- {result['model']}: {' '.join(result['failure'].split())}" for result in refused)


def _row(result: dict[str, Any]) -> list[str]:
    artifact = result["artifact"]
    transforms, parity = artifact["transforms"], artifact["parity"]
    worst = parity["worst"]
    return [
        result["model"],
        f"{transforms['nodes_before']} → {transforms['nodes_after']}",
        str(artifact["delegates"]),
        ", ".join(artifact["outside"]) or "-",
        f"{max(one['max_relative_error'] for one in worst):.0e}" if worst else "-",
        "equal" if worst and all(one["top5"]["agrees"] for one in worst if one["top5"]) else "differs",
        parity["outcome"],
    ]


def main() -> None:
    """Export them all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder that keeps what each network gave, for the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results = []
        for model in (*EFFICIENTMODS, *OTHERS):
            results.append(exported(model, folder))
            print(model, flush=True)
    PAGE.write_text("\n".join(lines(results)) + "\n")


if __name__ == "__main__":
    main()
