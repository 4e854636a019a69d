"""EfficientMod and other vision models, ready to be deployed to phones."""

from efficientmod_mobile._efficientmod import EfficientMod, create_model, list_models
from efficientmod_mobile._realistic import realistic_state

__all__ = [
    "EfficientMod",
    "create_model",
    "list_models",
    "realistic_state",
]
