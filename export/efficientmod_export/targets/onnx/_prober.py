"""Values inside an `.onnx` file, as further outputs of that file."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import fx

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.parity import Values
from efficientmod_export.targets._probing import at_once, extended, names_in_file, probe_run, visible_nodes
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.onnx._runtime import OnnxRuntime
from efficientmod_mobile.deploy import Program

CONFIGURATION = Configuration("onnx", "fp32", "cpu", "float32")


class OnnxProber:
    """Adds values of the file to its graph's outputs."""

    def __init__(self, program: Program, file: ModelFile) -> None:
        import onnx

        self._file = file
        self._model = onnx.load(file.path)
        self._names = names_in_file(program)
        found = {name for node in self._model.graph.node for name in node.output}
        self.visible = visible_nodes(program, self._names, found, file.path)
        self.at_once = at_once(self.visible)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Run the file with these values as outputs."""
        import onnx

        names = [self._names[node] for node in nodes]
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        present = {output.name for output in model.graph.output}
        float32 = onnx.TensorProto.FLOAT
        extra = [name for name in names if name not in present]
        model.graph.output.extend(onnx.helper.make_tensor_value_info(name, float32, None) for name in extra)
        with TemporaryDirectory() as workshop:
            path = Path(workshop) / self._file.path.name
            path.write_bytes(model.SerializeToString())
            results = probe_run(OnnxRuntime(), extended(self._file, path, extra), CONFIGURATION, sample)
        return [results[name] for name in names]
