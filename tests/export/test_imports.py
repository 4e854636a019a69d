"""A target's heavy library is imported only when the target is used, so that a missing one affects no other target.

Torch is loaded by the verbs.
"""

import subprocess
import sys
from pathlib import Path

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


def test_ctrl_c_while_torch_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, "-m", "efficientmod_export", "export", "--model", "x", "--target", "onnx"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "Error: Interrupted; nothing was written.\n")


def test_what_the_package_offers() -> None:
    assert all(hasattr(efficientmod_export, name) for name in efficientmod_export.__all__)
    assert not hasattr(efficientmod_export, "import_bundle")
