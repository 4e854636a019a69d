"""Time the interpreter of Core ML programs against PyTorch eager, in turns in one run.

The network is converted as a bundle's is, in float32 and float16; one thread. A ratio is the median of the rounds' own.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from efficientmod_export._recipes import RECIPES

from efficientmod_export._pipeline import example_input, preprocessing_of
from efficientmod_export._stages import ConversionOptions
from efficientmod_export.foreign import quiet
from efficientmod_export.mil import MILProgram
from efficientmod_export.parity import make_samples
from efficientmod_export.targets import BACKENDS, IMAGE
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import capture, deploy

ROUNDS = 20


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="efficientmod_s")
    network = load_network(parser.parse_args().model, None)
    preprocessing = preprocessing_of(network, None)
    sample = make_samples(preprocessing)[0]
    torch.set_num_threads(1)
    options = ConversionOptions("fp32", 16, preprocessing.mean, preprocessing.std, None, network.name, network.name)
    programs = {}
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        with quiet(), torch.inference_mode(mode=False):
            program = deploy(capture(network.module, example_input(preprocessing)), RECIPES["coreml"]).program
            for precision in ("fp32", "fp16"):
                (Path(folder) / precision).mkdir()
                chosen = replace(options, precision=precision)
                programs[precision] = BACKENDS["coreml"].convert(program, chosen, Path(folder) / precision).path
        for precision, path in programs.items():
            print(f"loading {precision}: {timed(lambda path=path: MILProgram.load(path)):.2f} s")
        loaded = {precision: MILProgram.load(path) for precision, path in programs.items()}
        calls: dict[str, Callable[[], object]] = {"eager": lambda: network.module(torch.from_numpy(sample.tensor))}
        for precision, one in loaded.items():
            calls[precision] = lambda one=one: one.predict({IMAGE: sample.pixels})
        rounds = [{name: timed(call) for name, call in calls.items()} for _ in range(ROUNDS + 1)][1:]
    for name in calls:
        ratio = statistics.median(one[name] / one["eager"] for one in rounds)
        print(f"{name}: {1000 * min(one[name] for one in rounds):.1f} ms, {ratio:.2f} of eager")


if __name__ == "__main__":
    main()
