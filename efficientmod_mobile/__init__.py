"""EfficientMod and other vision models, their weights, and their preprocessing; `deploy` transforms them for phones."""

from efficientmod_mobile._catalogue import CatalogueEntry, catalogue
from efficientmod_mobile._checkpoint import find_checkpoint
from efficientmod_mobile._efficientmod import EfficientMod, create_model, list_models
from efficientmod_mobile._macs import count_macs
from efficientmod_mobile._network import Network, Weights, load_network
from efficientmod_mobile._preprocessing import IMAGENET, PreprocessingConfig
from efficientmod_mobile._realistic import realistic_state
from efficientmod_mobile._timm import register_with_timm

__all__ = [
    "IMAGENET",
    "CatalogueEntry",
    "EfficientMod",
    "Network",
    "PreprocessingConfig",
    "Weights",
    "catalogue",
    "count_macs",
    "create_model",
    "find_checkpoint",
    "list_models",
    "load_network",
    "realistic_state",
    "register_with_timm",
]
