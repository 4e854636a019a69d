"""`efficientmod_mobile` needs only torch and numpy, and never its own exporter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import efficientmod_mobile

PACKAGE = Path(efficientmod_mobile.__file__).parent
# What a module may import when it is imported itself; inside functions, also these.
AT_ONCE = {"efficientmod_mobile", "numpy", "torch", *sys.stdlib_module_names}
IN_FUNCTIONS = {*AT_ONCE, "huggingface_hub", "safetensors"}
ONLY_BESIDE_TIMM = {"_timm_models.py": {*AT_ONCE, "timm"}}


def packages(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Import):
        return {alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.ImportFrom):
        return {(statement.module or "").split(".")[0]}
    return set()


def test_every_module_imports_what_it_may() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        at_once = set[str]().union(*(packages(statement) for statement in tree.body))
        anywhere = set[str]().union(*(packages(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)))
        allowed = ONLY_BESIDE_TIMM.get(path.name, AT_ONCE)
        assert at_once <= allowed, (path.name, at_once - allowed)
        assert anywhere <= allowed | IN_FUNCTIONS, (path.name, anywhere - IN_FUNCTIONS)


def test_importing_the_package_loads_no_optional_library() -> None:
    code = "import sys, efficientmod_mobile; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "coremltools",
        "executorch",
        "onnx",
        "onnxruntime",
        "timm",
        "torchvision",
        "safetensors",
        "huggingface_hub",
    }
    assert "efficientmod_mobile" in loaded
    assert heavy.isdisjoint(loaded), heavy & set(loaded)


def test_what_is_offered_is_found_when_it_is_asked_for() -> None:
    offered = efficientmod_mobile.__all__
    assert list(efficientmod_mobile._MODULES) == offered
    assert all(getattr(efficientmod_mobile, name) is not None for name in offered)
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        efficientmod_mobile.train  # noqa: B018


def test_torch_is_not_loaded_for_errors_and_names() -> None:
    code = (
        "import sys, efficientmod_mobile, efficientmod_mobile.errors, efficientmod_mobile.distribution;"
        "print('torch' in sys.modules); from efficientmod_mobile import create_model; print('torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == ["False", "True"]
