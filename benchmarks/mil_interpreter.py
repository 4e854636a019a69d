"""Time the interpreter of Core ML programs against PyTorch eager, in turns in one run.

The network is converted as a bundle's is, in float32 and float16; one thread. A ratio is the median of the rounds' own.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import torch

from efficientmod_export.bench.measuring import Latency, Ratio, take_turns
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import torch_inputs
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import Artifact, Configuration, Precision, find_target, input_values
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

TARGET = "coreml"
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16")
EAGER = "eager"


def convert(subject: Subject, folder: Path) -> dict[Precision, Artifact]:
    """Its package in each precision."""
    target, deployed = find_target(TARGET), cache(partial(deploy, subject.capture()))
    return {
        precision: target.make(deployed(target.variant(precision).recipe).program, subject.options(precision), folder)
        for precision in PRECISIONS
    }


def load(artifact: Artifact, subject: Subject) -> Callable[[], object]:
    """A call of the interpreter, which computes as the package declares its values."""
    interpreter = find_target(TARGET).interpreter
    assert interpreter is not None
    began = time.perf_counter()
    session = interpreter.runtime.open(artifact, Configuration(TARGET, artifact.precision, "cpu", "float16"))
    print(f"loading {artifact.precision}: {time.perf_counter() - began:.2f} s")
    session.bind(input_values(artifact.inputs, subject.held.samples[0]))
    return session.invoke


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", default="efficientmod_s", help="default: efficientmod_s")
    parser.add_argument("--rounds", type=int, default=20, help="how often each is timed (default: 20)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    subject = subject_of(load_network(options.network, None))
    with tempfile.TemporaryDirectory() as folder:
        with quiet():
            artifacts = convert(subject, Path(folder))
        inputs = torch_inputs(subject.held.samples[0])
        calls: dict[str, Callable[[], object]] = {EAGER: partial(subject.network.module, *inputs)}
        with torch.inference_mode():
            calls.update({precision: load(artifact, subject) for precision, artifact in artifacts.items()})
            rounds = take_turns(calls, options.rounds, 1)
    for name, times in rounds.items():
        ratio = Ratio.of(name, times, EAGER, rounds[EAGER])
        print(f"{name}: {Latency.of(times).min_ms:.1f} ms, {ratio.median:.2f} of {EAGER}")


if __name__ == "__main__":
    main()
