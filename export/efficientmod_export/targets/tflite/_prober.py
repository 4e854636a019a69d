"""Values inside a `.tflite` file, as further outputs of it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import fx

from efficientmod_export._stages import ComputePrecision, ModelFile, Sample
from efficientmod_export.parity import Values
from efficientmod_export.targets._probing import at_once, extended, names_in_file, probe_run, visible_nodes
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.tflite._runtime import LiteRt
from efficientmod_export.targets.tflite._shown_values import shown_name, with_shown
from efficientmod_mobile.deploy import Program

ON_CPU = Configuration("tflite", "fp32", "cpu", "float32")
ON_GPU_AT_ONCE = 16
"""A GPU's kernel of several operators comes apart where a result between them is shown, so that all at once would be
another file."""


class TfliteProber:
    """Adds copies of the file's tensors to its graph's outputs; XNNPACK computes them as before."""

    def __init__(self, program: Program, file: ModelFile, configuration: Configuration = ON_CPU) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._file = file
        self._configuration = configuration
        self._model = schema.ModelT.InitFromPackedBuf(file.path.read_bytes(), 0)
        self._names = names_in_file(program)
        graph = self._model.subgraphs[0]
        computed = {int(index) for operator in graph.operators for index in operator.outputs}
        self._indices = {graph.tensors[index].name.decode(): index for index in sorted(computed)}
        self.visible = visible_nodes(program, self._names, set(self._indices), file.path)
        self.at_once = at_once(self.visible)
        self._outputs = list(graph.outputs)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Run the file with these tensors as outputs."""
        names = [self._names[node] for node in nodes]
        hidden = {name: self._indices[name] for name in names if self._indices[name] not in self._outputs}
        shown = {name: shown_name(name, index) for name, index in hidden.items()}
        with TemporaryDirectory() as workshop:
            path = Path(workshop) / self._file.path.name
            path.write_bytes(with_shown(self._model, [*hidden.values()]))
            results = probe_run(LiteRt(), extended(self._file, path, [*shown.values()]), self._configuration, sample)
        return [results[shown.get(name, name)] for name in names]


class GpuProber(TfliteProber):
    """The same on a GPU, a few at once."""

    def __init__(self, program: Program, file: ModelFile, precision: ComputePrecision) -> None:
        super().__init__(program, file, Configuration("tflite", "fp32", "gpu", precision))
        self.at_once = min(self.at_once, ON_GPU_AT_ONCE)
