"""Values inside the ML program of a `.pte` file."""

from efficientmod_export._stages import ModelFile
from efficientmod_export.parity import Prober
from efficientmod_export.targets.coreml._prober import MilProber
from efficientmod_export.targets.executorch_coreml._convert import IOS_VERSIONS, lower_for_coreml, lowered_graph
from efficientmod_export.targets.executorch_coreml._interpreter import InnerPackageInterpreter
from efficientmod_mobile.deploy import Program


def inner_package_prober(program: Program, file: ModelFile) -> Prober:
    """The prober of a `.pte` file. ExecuTorch's names of the nodes are the same for every iOS and precision."""
    edge = lower_for_coreml(program, IOS_VERSIONS[0], "fp32")
    return MilProber(program, file, lowered_graph(edge), InnerPackageInterpreter())
