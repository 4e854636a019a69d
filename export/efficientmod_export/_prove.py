"""Hold artifacts against the PyTorch reference; an export and `verify` prove in the same way."""

import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from efficientmod_export._stages import Outputs, Precision, Sample, TensorSpec
from efficientmod_export.bundle import ArtifactEntry
from efficientmod_export.parity import TOLERANCES, MeasuredWith, Verdict, measure, not_run_here
from efficientmod_export.targets import BACKENDS
from efficientmod_mobile.errors import ConversionError, EfficientModError, ParityError
from efficientmod_mobile.messages import described

RUNTIMES = {
    "executorch": "executorch",
    "executorch-coreml": "executorch",
    "executorch-vulkan": "executorch",
    "onnx": "onnxruntime",
    "tflite": "ai-edge-litert",
}
"""The distribution that holds each target's runtime; Core ML is a part of macOS."""


def reference_outputs(module: nn.Module, samples: Sequence[Sample]) -> tuple[Outputs, ...]:
    """What PyTorch computes for each sample, eagerly and in float32: the network as the user knows it.

    Raises ConversionError when the network cannot run on its own input, gives something else than dense float32
    tensors, or something else each time.
    """
    inputs = [torch.from_numpy(sample.tensor) for sample in samples]
    # A few numbers that dropout thins can be the same twice; that they were drawn shows in the generator.
    generator = torch.get_rng_state()
    results = tuple(_run(module, tensor) for tensor in inputs)
    again = _run(module, inputs[0])
    steady = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(results[0], again, strict=True))
    if not steady or not torch.equal(generator, torch.get_rng_state()):
        raise ConversionError("The network gives other numbers each time; take dropout and random numbers out of it.")
    return results


def _run(module: nn.Module, tensor: Tensor) -> Outputs:
    try:
        with torch.no_grad():
            leaves = [leaf for leaf in pytree.tree_leaves(module(tensor)) if isinstance(leaf, Tensor)]
    except EfficientModError:
        raise
    except (Exception, SystemExit) as error:  # it is the user's code that runs, so anything can be raised
        raise ConversionError(
            f"The network does not run on an input of shape {tuple(tensor.shape)} ({described(error)}); "
            "mend its forward, or try another --resolution."
        ) from error
    if not leaves:
        raise ConversionError("The network gives no tensor; return its scores or feature maps.")
    for index, leaf in enumerate(leaves):
        if leaf.layout != torch.strided or leaf.device.type != "cpu":
            raise ConversionError(
                f"Output {index} of the network is a {leaf.layout} tensor on {leaf.device}; return dense ones on the "
                "CPU."
            )
        if leaf.dtype != torch.float32 or leaf.ndim == 0 or leaf.numel() == 0:
            raise ConversionError(
                f"Output {index} of the network is {leaf.dtype} of shape {tuple(leaf.shape)}; "
                "return float32 tensors that have an axis and are not empty."
            )
    return tuple(leaf.detach().contiguous().numpy() for leaf in leaves)


def prove(
    target: str,
    path: Path,
    precision: Precision,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    samples: Sequence[Sample],
    references: Sequence[Outputs],
) -> Verdict:
    """Run the artifact at `path` on every sample in its own runtime and judge it.

    Raises DependencyError when the runtime is not installed, ConversionError when it refuses the file.
    """
    tolerance = TOLERANCES[target, precision]
    runner = BACKENDS[target].runner(path, inputs, outputs)
    if runner is None:
        return not_run_here(tolerance, f"not run here: {target} has no runtime on {platform.system()}")
    return measure(samples, references, runner, tolerance, _measured_with(target))


def parity_failure(entry: ArtifactEntry) -> ParityError | None:
    """The error that an artifact's verdicts amount to, None where none of them failed."""
    reasons = [reason for verdict in entry.verdicts if verdict.outcome == "failed" for reason in verdict.reasons]
    if not reasons:
        return None
    hint = "" if entry.precision == "fp32" else " Try --precision fp32: if that passes, it is the rounding to float16."
    return ParityError(f"{entry.target} does not compute what PyTorch computes: {'; '.join(reasons)}.{hint}")


def _measured_with(target: str) -> MeasuredWith:
    if target in RUNTIMES:
        return MeasuredWith(runtime=RUNTIMES[target], version=metadata.version(RUNTIMES[target]))
    return MeasuredWith(runtime="macOS", version=platform.mac_ver()[0])
