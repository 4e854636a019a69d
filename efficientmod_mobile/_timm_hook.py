"""Make timm loadable, and EfficientMod known to it, when timm is imported, at no cost to those who never import it.

Importing timm takes about as long as importing torch, too long for `import efficientmod_mobile` to do it by itself.
"""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType

from efficientmod_mobile._timm import make_torchvision_loadable


class _RegisteringLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        make_torchvision_loadable()
        super().exec_module(module)
        _register()


class _TimmFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "timm":
            return None
        found = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _RegisteringLoader(spec.loader.name, spec.loader.path)
        return spec


def _register() -> None:
    try:
        importlib.import_module("efficientmod_mobile._timm_models")
    except ImportError as error:  # another version of timm; whoever imports it must not suffer for our models
        warnings.warn(f"EfficientMod is not registered with timm: {error}.", stacklevel=2)


def register_with_timm() -> None:
    """Register now if timm is there already, else as soon as it is imported."""
    if "timm" in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _TimmFinder())
