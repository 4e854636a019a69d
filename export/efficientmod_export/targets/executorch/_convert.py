"""From a program to a `.pte` file for XNNPACK.

`torch.export` -> edge dialect, partitioned for XNNPACK -> `.pte`. The operators outside the delegates are read from the
finished file's execution plan, which also has the copies that the lowering added.
"""

from pathlib import Path

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.executorch._int8_layers import with_int8_layers
from efficientmod_export.targets.executorch._lowering import LoweredPte, executorch_version, partitioned_pte
from efficientmod_export.targets.executorch._missing_kernels import check_kernels
from efficientmod_export.targets.executorch._stored_values import int8_weights
from efficientmod_mobile.deploy import Program


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Lower and write."""
    rounded = options.precision == "int8-dynamic"
    lowered = lower_to_pte(with_int8_layers(program) if rounded else program)
    check_kernels(program, lowered.kernels)
    write_file(path, lowered.data)
    stored = int8_weights(lowered.data) if rounded else 0
    return Conversion(executorch_version(), lowered.delegates, lowered.outside, int8_weights=stored)


def lower_to_pte(program: Program) -> LoweredPte:
    """Lower a float32 program for XNNPACK."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return partitioned_pte(program, XnnpackPartitioner())
