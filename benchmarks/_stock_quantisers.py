"""What the stock tools make of a network in 8 bits: litert-quantizer, XNNPACK's quantiser, and coremltools."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from efficientmod_export.targets import Artifact

_LITERT_QUANTIZER = """
import sys
from litert_quantizer import quantizer, recipe
quantizer.Quantizer(sys.argv[1], recipe.dynamic_wi8_afp32()).quantize().export_model(sys.argv[2])
"""


def by_litert_quantizer(python: Path, plain: Artifact, folder: Path) -> Artifact:
    """Our float file by its recipe of dynamic range, run by the interpreter `python`, which has litert-quantizer."""
    folder.mkdir()
    made = folder / plain.path.name
    command = [str(python), "-c", _LITERT_QUANTIZER, str(plain.path), str(made)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if not made.exists():
        raise RuntimeError(run.stderr.strip().rpartition("\n")[2])
    return replace(plain, path=made, precision="int8-dynamic")


def by_coremltools(plain: Artifact, folder: Path) -> Artifact:
    """Our float16 package by coremltools' default for linear quantisation of weights."""
    import coremltools as ct
    from coremltools.optimize.coreml import OpLinearQuantizerConfig, OptimizationConfig, linear_quantize_weights

    folder.mkdir()
    made = folder / plain.path.name
    model = ct.models.MLModel(str(plain.path), skip_model_load=True)
    linear_quantize_weights(model, OptimizationConfig(global_config=OpLinearQuantizerConfig())).save(str(made))
    return replace(plain, path=made, precision="int8-weights")


def by_xnnpack_quantizer(
    module: torch.nn.Module, images: Sequence[tuple[Tensor, ...]], plain: Artifact, folder: Path
) -> Artifact:
    """The network as it is, calibrated and static per channel, as ExecuTorch's documentation does it."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from executorch.exir import to_edge_transform_and_lower
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    from efficientmod_export.targets.executorch import inventory

    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    captured: Any = torch.export.export(module, images[0]).module()
    prepared = prepare_pt2e(captured, quantizer)
    with torch.no_grad():
        for image in images:
            prepared(*image)
    quantised = torch.export.export(convert_pt2e(prepared), images[0])
    finished = to_edge_transform_and_lower(quantised, partitioner=[XnnpackPartitioner()]).to_executorch()
    folder.mkdir()
    made = folder / plain.path.name
    made.write_bytes(bytes(finished.buffer))
    delegates, outside = inventory(finished.executorch_program.execution_plan[0])
    return replace(plain, path=made, precision="int8-dynamic", delegates=delegates, outside=outside)
