"""A backend's heavy library is loaded only when its target is asked for: a missing one costs no other target."""

import subprocess
import sys

HEAVY = {"ai_edge_litert", "coremltools", "executorch", "flatbuffers", "matplotlib", "onnx", "onnxruntime", "timm"}


def test_the_command_line_loads_no_backends_library() -> None:
    code = "import sys, efficientmod_export._cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "efficientmod_export" in loaded
    assert HEAVY.isdisjoint(loaded), HEAVY & set(loaded)
