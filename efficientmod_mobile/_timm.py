"""Import timm, register EfficientMod in it, and build timm's models."""

import importlib
from collections.abc import Mapping
from types import ModuleType

import torch
from torch import Tensor, nn

from efficientmod_mobile._hub import HUB_PREFIX
from efficientmod_mobile._names import no_such_model
from efficientmod_mobile.errors import DependencyError, ModelError
from efficientmod_mobile.messages import described

PREFIX = "timm/"
_declared: list[torch.library.Library] = []  # declarations exist as long as their Library object


def import_timm() -> ModuleType:
    """The timm package. Raises DependencyError if it is missing or cannot be loaded."""
    _make_torchvision_loadable()
    try:
        return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        raise DependencyError(
            f'timm models need the package {error.name}; install it with: pip install "efficientmod-mobile[zoo]"',
            code="missing_package",
        ) from error
    except (ImportError, RuntimeError) as error:
        raise DependencyError(
            f"timm is installed but cannot be loaded ({described(error)}); "
            'install the version that fits: pip install "efficientmod-mobile[zoo]"',
            code="broken_package",
        ) from error


def register_with_timm() -> None:
    """Import timm and add EfficientMod to its models, for `timm.create_model("efficientmod_s")`.

    Raises DependencyError if timm is missing, cannot be loaded, or has another registry than this version expects.
    """
    import_timm()
    try:
        importlib.import_module("efficientmod_mobile._timm_models")
    except ImportError as error:
        raise DependencyError(
            f"EfficientMod cannot be registered with this version of timm ({described(error)}); "
            'install the version that fits: pip install "efficientmod-mobile[zoo]"',
            code="incompatible_package",
        ) from error


def _make_torchvision_loadable() -> None:
    """Declare the operators that torchvision's import needs if its binary was built for another build of torch.

    timm imports torchvision, whose wheel is built for CUDA; with a CPU build of torch its operators are not loaded and
    its import fails. No model here calls them, so declaring their schemas is enough.
    """
    if _declared or hasattr(torch.ops.torchvision, "nms"):
        return
    try:
        importlib.import_module("torchvision")
    except ModuleNotFoundError:
        return
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
        _declared.append(library)


def build_timm(name: str, num_classes: int | None) -> nn.Module:
    """The model `name` (such as `timm/repvit_m1_1`, or `hf-hub:owner/name`, whose configuration is downloaded) with
    initial weights; None keeps its number of classes.

    Raises ModelError for a name that timm does not have, or a model that it cannot build.
    """
    architecture = _known_architecture(name)
    try:
        module: nn.Module = import_timm().create_model(architecture, pretrained=False, num_classes=num_classes)
    except (RuntimeError, TypeError, ValueError, AssertionError, OSError) as error:  # the Hub's errors are OSErrors
        raise ModelError(
            f"timm cannot build {architecture} ({described(error)}).", code="model_build_failed"
        ) from error
    return module


def build_pretrained(name: str) -> nn.Module:
    """The model `name` with the trained weights of its tag, or timm's choice, downloaded into the Hub's cache.

    No code from the file is run. Raises ModelError for a name that timm does not have, and where there are no weights
    or they cannot be downloaded.
    """
    architecture = _known_architecture(name)
    timm = import_timm()
    if not has_trained_weights(name):
        raise ModelError(
            f"timm has no trained weights of {name}; give a file with --checkpoint, or leave out --pretrained.",
            code="no_pretrained_weights",
        )
    try:
        module: nn.Module = timm.create_model(architecture, pretrained=True)
    except Exception as error:  # the network and the files of others: anything can be raised
        raise ModelError(
            f"The trained weights of {name} cannot be downloaded ({described(error)}); try again, or give a file with "
            "--checkpoint.",
            code="pretrained_unavailable",
        ) from error
    return module


def has_trained_weights(name: str) -> bool:
    """Whether timm knows where trained weights of the model, with this tag, are; of the Hub's, that it has some."""
    if name.startswith(HUB_PREFIX):
        return True
    config = import_timm().get_pretrained_cfg(_known_architecture(name))
    return config is not None and bool(config.has_weights)


def timm_classes_in(name: str, state: Mapping[str, Tensor]) -> int | None:
    """The number of classes of the classifier in a timm model's state dict; None if it has no such key, and for a model
    of the Hub.
    """
    if name.startswith(HUB_PREFIX):
        return None
    config = import_timm().get_pretrained_cfg(_known_architecture(name))
    classifier = getattr(config, "classifier", None)
    if isinstance(classifier, (list, tuple)):  # a distilled model has a second one of the same size
        classifier = classifier[0]
    weight = state.get(f"{classifier}.weight")
    return None if weight is None else weight.shape[0]


def _known_architecture(name: str) -> str:
    register_with_timm()
    timm = import_timm()
    if name.startswith(HUB_PREFIX):
        return name
    architecture = name.removeprefix(PREFIX)
    if not timm.is_model(architecture.split(".")[0]):
        raise no_such_model(name, [PREFIX + known for known in timm.list_models()])
    try:
        timm.get_pretrained_cfg(architecture)
    except RuntimeError as error:
        raise ModelError(
            f"timm has no weights with the tag of {name}: leave out the part after the dot.", code="unknown_weights_tag"
        ) from error
    return architecture
