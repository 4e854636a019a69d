"""Values inside a `.pte` file, whose delegates give no access to them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import fx

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.parity import Values
from efficientmod_export.targets._probing import extended, is_float, probe_run
from efficientmod_export.targets._program import copy, output_nodes
from efficientmod_export.targets._runtime import Configuration, Runtime
from efficientmod_export.targets.executorch._convert import lower_to_pte
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch._stored_values import DELEGATE, int8_weights
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import InputError, ParityError

AT_ONCE = 15  # few, so that the lowering stays close to the artifact's; each probe lowers the network again
CONFIGURATION = Configuration("executorch", "fp32", "cpu", "float32")


class LoweringProber:
    """Lowers the program again with the probed values as outputs.

    This is evidence on the artifact only because the program itself, lowered again by `lower`, gives exactly the
    artifact's bytes. Raises ParityError where it does not.
    """

    def __init__(
        self,
        program: Program,
        file: ModelFile,
        lower: Callable[[Program], bytes],
        runtime: Runtime,
        configuration: Configuration,
    ) -> None:
        if lower(program) != file.path.read_bytes():
            raise ParityError(
                f"{file.path.name} differs from a new conversion of this program, so its layers cannot be compared; "
                f"export it again with the same checkpoint and the same versions of torch and executorch.",
                code="artifact_of_other_program",
            )
        self._program = program
        self._file = file
        self._lower = lower
        self._runtime = runtime
        self._configuration = configuration
        self.visible = tuple(node for node in program.graph.nodes if is_float(node))
        self.at_once = AT_ONCE

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Lower and run the program with these nodes as further outputs."""
        probed = copy(self._program)
        twins = dict(zip(self._program.graph.nodes, probed.graph.nodes, strict=True))
        own = output_nodes(probed)
        extra = tuple(twins[node] for node in nodes if twins[node] not in own)
        probed.graph.output_node().args = ((*own, *extra),)
        probed.graph_module.recompile()
        with TemporaryDirectory() as workshop:
            path = Path(workshop) / self._file.path.name
            path.write_bytes(self._lower(probed))
            described = extended(self._file, path, [node.name for node in extra])
            results = probe_run(self._runtime, described, self._configuration, sample)
        values = dict(zip((*own, *extra), results.values(), strict=True))
        return [values[twins[node]] for node in nodes]


class ExecutorchProber(LoweringProber):
    """Of a file for XNNPACK."""

    def __init__(self, program: Program, file: ModelFile) -> None:
        if int8_weights(file.path.read_bytes()):
            raise InputError(
                f"The layers of {file.path.name} cannot be compared: its weights were rounded to int8 for pictures "
                "that are not in the bundle; compare those of the float32 file.",
                code="unsupported_layer_search",
            )
        super().__init__(program, file, lambda probed: lower_to_pte(probed).data, PteRuntime(DELEGATE), CONFIGURATION)
