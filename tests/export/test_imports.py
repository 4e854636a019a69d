"""A target's heavy library is imported only when the target is used, so that a missing one affects no other target.

Torch is loaded by the verbs.
"""

import subprocess
import sys

import efficientmod_export

HEAVY = {
    "ai_edge_litert",
    "coremltools",
    "executorch",
    "flatbuffers",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "timm",
    "torch",
}


def test_the_command_line_imports_no_targets_library() -> None:
    code = "import sys, efficientmod_export.cli._verbs; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "efficientmod_export" in loaded
    assert HEAVY.isdisjoint(loaded), HEAVY & set(loaded)


def test_what_the_package_offers() -> None:
    assert all(hasattr(efficientmod_export, name) for name in efficientmod_export.__all__)
    assert not hasattr(efficientmod_export, "import_bundle")
