"""EfficientMod and other vision models, their weights, and their preprocessing; `deploy` transforms them for phones."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from efficientmod_mobile._catalogue import CatalogueEntry, catalogue
    from efficientmod_mobile._checkpoint import find_checkpoint
    from efficientmod_mobile._efficientmod import EfficientMod, create_model, list_models
    from efficientmod_mobile._live_module import network_of
    from efficientmod_mobile._macs import count_macs
    from efficientmod_mobile._network import Network, Weights, load_network
    from efficientmod_mobile._preprocessing import IMAGENET, Interpolation, PreprocessingConfig, ResizeMode, with_flags
    from efficientmod_mobile._realistic import realistic_state
    from efficientmod_mobile._timm import register_with_timm

__all__ = [
    "IMAGENET",
    "CatalogueEntry",
    "EfficientMod",
    "Interpolation",
    "Network",
    "PreprocessingConfig",
    "ResizeMode",
    "Weights",
    "catalogue",
    "count_macs",
    "create_model",
    "find_checkpoint",
    "list_models",
    "load_network",
    "network_of",
    "realistic_state",
    "register_with_timm",
    "with_flags",
]

_MODULES = {
    "IMAGENET": "_preprocessing",
    "CatalogueEntry": "_catalogue",
    "EfficientMod": "_efficientmod",
    "Interpolation": "_preprocessing",
    "Network": "_network",
    "PreprocessingConfig": "_preprocessing",
    "ResizeMode": "_preprocessing",
    "Weights": "_network",
    "catalogue": "_catalogue",
    "count_macs": "_macs",
    "create_model": "_efficientmod",
    "find_checkpoint": "_checkpoint",
    "list_models": "_efficientmod",
    "load_network": "_network",
    "network_of": "_live_module",
    "realistic_state": "_realistic",
    "register_with_timm": "_timm",
    "with_flags": "_preprocessing",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: torch takes seconds, and errors, names and versions need none of it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """What completion offers."""
    return __all__
