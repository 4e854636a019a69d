"""Values inside an ML program, recorded while the interpreter runs it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from efficientmod_export._stages import ModelFile, NamedInput, Sample
from efficientmod_export.parity import Prober, Values
from efficientmod_export.targets._image import PIXELS_OVER_255, for_centred_pixels
from efficientmod_export.targets._probing import another_program, at_once, is_float, visible_nodes
from efficientmod_export.targets._program import export, output_names, output_nodes, program_names
from efficientmod_export.targets._runtime import Configuration, input_values
from efficientmod_export.targets.coreml._interpreter import MilInterpreter, PackageInterpreter
from efficientmod_export.targets.coreml._outputs import mil_name
from efficientmod_mobile.deploy import Program

aten = torch.ops.aten

MOVES = (aten.permute.default, aten.reshape.default, aten.transpose.int)
CONFIGURATION = Configuration("coreml", "fp16", "neural_engine", "float16")


class MilProber:
    """Runs the artifact's own ML program; float16 values are rounded as the file declares.

    `lowered` is the graph from whose nodes coremltools took the operators' names. Raises ParityError for a file of
    another program.
    """

    def __init__(self, program: Program, file: ModelFile, lowered: fx.Graph, interpreter: MilInterpreter) -> None:
        # A `.pte` keeps the names, the package inside has them in Core ML's spelling.
        if [mil_name(spec.name) for spec in file.outputs] != list(map(mil_name, output_names(program))):
            raise another_program(file.path)
        self._file = file
        self._session = interpreter.open(file, CONFIGURATION)
        operations = self._session.program.function.operations
        found = {output.name.removesuffix("_cast_fp16") for operation in operations for output in operation.outputs}
        origins = {origin: name for name, origin in program_names(program, lowered).items()}
        own = zip(output_nodes(program), self._session.outputs, strict=True)
        self._names = {
            **{node: origins[node.name] for node in program.graph.nodes if is_float(node) and node.name in origins},
            **dict(own),
        }
        # coremltools gives these nodes' names to the transposes and reshapes that it adds.
        visible = visible_nodes(program, self._names, found, file.path)
        self.visible = tuple(node for node in visible if node.target not in MOVES)
        self.at_once = at_once(self.visible)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Interpret the program and record these values."""
        wanted = {self._names[node] for node in nodes}
        values: dict[str, NDArray[np.float32]] = {}

        def keep(operation: Any, _: Any, outputs: tuple[Any, ...]) -> None:
            for declared, value in zip(operation.outputs, outputs, strict=False):
                name = declared.name.removesuffix("_cast_fp16")
                if name in wanted:
                    values[name] = value.float().numpy().copy()

        feed = self._session.feed(input_values(self._file.inputs, sample))
        self._session.program.predict(feed, observer=keep)
        return [values[self._names[node]] for node in nodes]


def package_prober(program: Program, file: ModelFile) -> Prober:
    """The prober of a package. The lowered graph is used only for its names, which do not depend on the options."""
    inputs = [NamedInput(spec.name, PIXELS_OVER_255 if spec.dtype == "uint8" else None) for spec in file.inputs]
    lowered = export(for_centred_pixels(program, inputs)).run_decompositions({})
    return MilProber(program, file, lowered.graph, PackageInterpreter())
