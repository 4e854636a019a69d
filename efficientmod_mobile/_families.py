"""The three families of models: EfficientMods, the models of timm and of the Hub, and the user's own modules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from efficientmod_mobile._catalogue import catalogue
from efficientmod_mobile._efficientmod import create_model, list_models
from efficientmod_mobile._hub import HUB_PREFIX
from efficientmod_mobile._matching import efficientmod_classes_in
from efficientmod_mobile._names import no_such_model
from efficientmod_mobile._own_module import build_own
from efficientmod_mobile._timm import PREFIX, build_pretrained, build_timm, has_trained_weights, timm_classes_in


@dataclass(frozen=True)
class Family:
    """How the models of a family are built, and how the number of classes is read from a state dict.

    `build` takes the name and the number of classes (None: the model's own). `classes_in` takes the name and a state
    dict; it returns None if the number is unknown. `own_weights`: the module that `build` returns has its weights.
    `build_pretrained` takes the name and returns the module with trained weights, and `has_trained_weights` says
    whether it can; both are None where nothing can be downloaded.
    """

    build: Callable[[str, int | None], nn.Module]
    classes_in: Callable[[str, Mapping[str, Tensor]], int | None]
    own_weights: bool = False
    build_pretrained: Callable[[str], nn.Module] | None = None
    has_trained_weights: Callable[[str], bool] | None = None


_EFFICIENTMOD = Family(
    build=lambda name, classes: create_model(name) if classes is None else create_model(name, num_classes=classes),
    classes_in=lambda _, state: efficientmod_classes_in(state),
)
_TIMM = Family(
    build=build_timm,
    classes_in=timm_classes_in,
    build_pretrained=build_pretrained,
    has_trained_weights=has_trained_weights,
)
_OWN = Family(build=lambda name, _: build_own(name), classes_in=lambda *_: None, own_weights=True)


def family_of(name: str) -> Family:
    """The family of a model's name. Raises ModelError if there is none."""
    if name in list_models():
        return _EFFICIENTMOD
    if name.startswith((PREFIX, HUB_PREFIX)):
        return _TIMM
    if ":" in name:
        return _OWN
    raise no_such_model(name, [entry.name for entry in catalogue()])
