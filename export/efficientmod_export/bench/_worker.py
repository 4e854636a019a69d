"""The measuring process: it loads all contenders and times them in alternating rounds.

It is separate because ExecuTorch's threads cannot be set safely once a method is loaded, and so that the caller's
PyTorch keeps its threads.
"""

import pickle
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from efficientmod_export._input_forms import in_forms
from efficientmod_export._stages import Sample
from efficientmod_export.bench._plan import EAGER, PRODUCT_SIZE, Contender, Measurement, NetworkSource, Plan, Timing
from efficientmod_export.bench._turns import Call, take_turns
from efficientmod_export.foreign import loading
from efficientmod_export.parity import torch_inputs
from efficientmod_export.targets import find_target, input_values
from efficientmod_mobile import load_network
from efficientmod_mobile.errors import EfficientModError

PRODUCT = "matrix product"


@dataclass(frozen=True)
class Loaded:
    """`call` is one inference with its input already in place. `threads` is the number that the runtime reports."""

    call: Call
    threads: int | None


def main(plan: Path, answer: Path) -> None:
    """Measure the pickled `plan` and pickle the Measurement."""
    warnings.simplefilter("ignore")
    answer.write_bytes(pickle.dumps(measure(pickle.loads(plan.read_bytes()))))


def measure(plan: Plan) -> Measurement:
    """Load, warm up, and time in rounds. Sets the threads of this whole process."""
    torch.set_num_threads(plan.threads)
    loaded: dict[str, Loaded] = {PRODUCT: _matrix_product()}
    if plan.network is not None:
        loaded[EAGER] = _eager(plan.network, plan.sample)
    loads: dict[str, float] = {}
    refused: dict[str, str] = {}
    for contender in plan.contenders:
        try:
            loaded[contender.name], loads[contender.name] = _load(contender, plan)
        except EfficientModError as error:
            refused[contender.name] = str(error)
    rounds = take_turns({name: one.call for name, one in loaded.items()}, plan.runs, plan.warmup)
    timings = {name: Timing(loaded[name].threads, loads.get(name), times) for name, times in rounds.items()}
    return Measurement(timings, timings.pop(PRODUCT), refused)


def _load(contender: Contender, plan: Plan) -> tuple[Loaded, float]:
    """The loaded contender, and the milliseconds that its runtime took to load it."""
    runtime = find_target(contender.configuration.target).runtime
    with loading(contender.file.path):
        runtime.prepare(contender.configuration.threads)
        began = time.perf_counter_ns()
        session = runtime.open(contender.file, contender.configuration)
        took = (time.perf_counter_ns() - began) / 1e6
        session.bind(input_values(contender.file.inputs, plan.sample))
        return Loaded(session.invoke, session.threads), took


def _eager(source: NetworkSource, sample: Sample) -> Loaded:
    network = load_network(source.model, source.checkpoint, checkpoint_key=source.checkpoint_key, seed=source.seed)
    module, inputs = in_forms(network, sample).module, torch_inputs(sample)

    @torch.inference_mode()
    def call() -> object:
        return module(*inputs)

    return Loaded(call, torch.get_num_threads())


def _matrix_product() -> Loaded:
    left, right = torch.rand(2, PRODUCT_SIZE, PRODUCT_SIZE)
    result = torch.empty(PRODUCT_SIZE, PRODUCT_SIZE)
    return Loaded(lambda: torch.mm(left, right, out=result), torch.get_num_threads())
