"""From a program to a `.pte` file for XNNPACK.

`torch.export` -> edge dialect, partitioned for XNNPACK -> `.pte`. The operators outside the delegates are read from the
finished file's execution plan, which also has the copies that the lowering added.
"""

from pathlib import Path

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.executorch._lowering import LoweredPte, executorch_version, partitioned_pte
from efficientmod_export.targets.executorch._missing_kernels import check_kernels
from efficientmod_mobile.deploy import Program


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:  # noqa: ARG001
    """Lower and write."""
    lowered = lower_to_pte(program)
    check_kernels(program, lowered.kernels)
    write_file(path, lowered.data)
    return Conversion(executorch_version(), lowered.delegates, lowered.outside)


def lower_to_pte(program: Program) -> LoweredPte:
    """Lower a float32 program for XNNPACK."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return partitioned_pte(program, XnnpackPartitioner())
