"""Feed damaged and hostile ONNX files to the TFLite writer, and say where it breaks its word.

    python tests/fuzz/fuzz_onnx.py --seconds 600 --seed 0 --keep faults

Small models are damaged (`_onnx_mutations.py`): fields of the protobuf, then bytes of the file. `to_tflite` must give

- an error of the package's own tree, or
- a file that LiteRT loads, and that computes what ONNX Runtime does where ONNX Runtime runs the model too.

Another exception, a crash, a minute, 2 GB of memory or other numbers are a fault. Each is printed with the number of
its case; `--case` runs that one again. The exit code is 1 where there was a fault. One kind is none of the writer's:
ONNX Runtime divides in float32 to find the pixel that a nearest resize takes, and may miss it where it meets a border.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from _onnx_mutations import Mutator, corpus, save

from efficientmod_export.targets.tflite.writer import to_tflite
from efficientmod_mobile.errors import EfficientModError

MEMORY = 2 << 30
LONGEST = 60.0
"""Seconds for one case."""
TOLERANCE = 1e-4
HUGE = 1e18
"""Outputs beyond it are not compared: XNNPACK's formulas overflow in the squares of such values."""
LARGEST = 1 << 20
"""Elements of any one tensor in a file that is still run; with more, it is only loaded."""

Arrays = dict[str, np.ndarray]


def check(path: Path, tell: Callable[[str], None]) -> str:
    """Convert a file, load and run what comes of it; return how it went. Raises where the writer broke its word."""
    from ai_edge_litert.interpreter import Interpreter

    tell("converting")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            data = to_tflite(path)
    except EfficientModError as error:
        return type(error).__name__
    tell("loading")
    loaded = Interpreter(model_content=data, num_threads=1)
    if any(np.prod(tensor["shape"], dtype=float) > LARGEST for tensor in loaded.get_tensor_details()):
        return "converted, too large to run"
    loaded.allocate_tensors()
    tell("with ONNX Runtime")
    told = onnx_runtime(path)
    if told is None:
        return "converted, no numbers of ONNX Runtime's to compare"
    feeds, outputs, moved = told
    tell("running")
    actual = loaded.get_signature_runner()(**{name: channels_last(value) for name, value in feeds.items()})
    for name, wanted in outputs.items():
        assert actual[name].shape == wanted.shape, f"{name!r} has shape {actual[name].shape}, not {wanted.shape}"
        wanted = wanted.astype(np.float64)
        span = max(float(np.ptp(wanted)), float(np.abs(wanted).max()), 1e-6)
        # A model may amplify rounding; by how much, a change of 1e-6 in its input tells.
        allowed = TOLERANCE * span + 10 * float(np.abs(moved[name] - wanted).max())
        difference = float(np.abs(actual[name] - wanted).max())
        assert difference <= allowed, f"{name!r} differs by {difference:.3g}, not {allowed:.3g}"
    return "converted, the same numbers"


def onnx_runtime(path: Path) -> tuple[Arrays, Arrays, Arrays] | None:
    """Inputs, outputs channels last, and the outputs for inputs moved by 1e-6; None where there are none of use."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    random = np.random.default_rng(0)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feeds = {put.name: random.standard_normal(put.shape).astype(np.float32) for put in session.get_inputs()}
        names = [put.name for put in session.get_outputs()]
        outputs, moved = (
            dict(zip(names, map(channels_last, session.run(names, fed)), strict=True))
            for fed in (feeds, {name: value * np.float32(1 + 1e-6) for name, value in feeds.items()})
        )
    except Exception:  # its errors have no base in common
        return None
    return (feeds, outputs, moved) if all((np.abs(array) < HUGE).all() for array in outputs.values()) else None


def channels_last(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def work(models: list[onnx.ModelProto], seed: int, case: int, folder: Path, tell: Connection) -> None:
    """Check case after case; tell of each its stages, and then (case, how it went, fault)."""
    for model in models:  # unharmed, they convert; and what is imported now does not count as memory
        assert check(save(model.SerializeToString(), folder), str) == "converted, the same numbers"
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    while True:
        path = save(Mutator(models, seed, case).file(), folder)
        try:
            tell.send((case, check(path, tell.send), ""))
        except Exception as error:  # what is looked for
            tell.send((case, "FAULT", f"{type(error).__name__}: {error}"))
        case += 1


@dataclass
class Hunt:
    """The cases of a seed. Where a worker dies, or is killed for its time, another goes on behind the case."""

    models: list[onnx.ModelProto]
    seed: int
    keep: Path | None
    outcomes: Counter[str] = field(default_factory=Counter)

    def run(self, cases: range, seconds: float) -> None:
        end = time.monotonic() + seconds
        case = cases.start
        while case in cases and time.monotonic() < end:
            with tempfile.TemporaryDirectory() as folder:
                case = self._with_one_worker(case, cases, Path(folder), end)

    def _with_one_worker(self, case: int, cases: range, folder: Path, end: float) -> int:
        """Follow a worker; return the case to go on with."""
        hear, tell = multiprocessing.Pipe(duplex=False)
        worker = multiprocessing.get_context("spawn").Process(
            target=work, args=(self.models, self.seed, case, folder, tell)
        )
        worker.start()
        tell.close()
        stage = "starting"
        try:
            while case in cases and time.monotonic() < end:
                told: Any = hear.recv() if hear.poll(LONGEST) else (case, "FAULT", "takes too long")
                if isinstance(told, str):
                    stage = told
                    continue
                self._count(*told, stage)
                case += 1
                if told[2] == "takes too long":
                    break
        except EOFError:
            worker.join()
            if stage == "starting":
                sys.exit("The worker did not start.")
            self._count(case, "FAULT", f"the process ended with {worker.exitcode}", stage)
            case += 1
        finally:
            worker.kill()
            worker.join()
        return case

    def _count(self, case: int, outcome: str, fault: str, stage: str) -> None:
        if fault and stage == "with ONNX Runtime":
            outcome, fault = "converted, ONNX Runtime crashed", ""
        self.outcomes[outcome] += 1
        if fault:
            print(f"case {case}, {stage}: {fault}", flush=True)
            if self.keep:
                self.keep.mkdir(parents=True, exist_ok=True)
                file = Mutator(self.models, self.seed, case).file()
                (self.keep / f"{self.seed}-{case}.onnx").write_bytes(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="run this case only")
    parser.add_argument("--first", type=int, default=0, help="begin with this case (default: 0)")
    parser.add_argument(
        "--count", type=int, default=sys.maxsize, help="end after so many cases (default: with the time)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files of faults here")
    options = parser.parse_args()
    hunt = Hunt(corpus(), options.seed, options.keep)
    first, count = (options.first, options.count) if options.case is None else (options.case, 1)
    hunt.run(range(first, first + count), options.seconds)
    for outcome, count in hunt.outcomes.most_common():
        print(f"{count:8d} {outcome}")
    sys.exit(bool(hunt.outcomes["FAULT"]))


if __name__ == "__main__":
    main()
