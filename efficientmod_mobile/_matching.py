"""Load a checkpoint's weights into a network, or report every key that does not match."""

from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor, nn

from efficientmod_mobile._checkpoint import Checkpoint
from efficientmod_mobile._efficientmod import create_model, list_models
from efficientmod_mobile._key_views import KeyView, key_views
from efficientmod_mobile.errors import CheckpointError
from efficientmod_mobile.messages import shortened

Shapes = dict[str, tuple[int, ...]]
HEAD = "head.weight"


def identify(state: Mapping[str, Tensor]) -> str | None:
    """The EfficientMod that has these keys and shapes, for any number of classes; None if none has."""
    classes = efficientmod_classes_in(state)
    shapes = _shapes(state)
    return next((name for name in list_models() if _shapes_of_model(name, classes) == shapes), None)


def efficientmod_classes_in(state: Mapping[str, Tensor]) -> int | None:
    """The number of classes of an EfficientMod's head; None without a head."""
    weight = state.get(HEAD)
    return weight.shape[0] if weight is not None and weight.ndim == 2 else None


def load_into(module: nn.Module, checkpoint: Checkpoint, name: str) -> KeyView:
    """Copy every weight into the module, in the module's dtype; return what of the file's keys was taken.

    Raises CheckpointError with all missing and unexpected keys and wrong shapes, or the keys with NaN or infinity.
    """
    expected = _shapes(module.state_dict())
    views = key_views(checkpoint.state)
    view = next((one for one in views if _shapes(one.state) == expected), None)
    if view is None:
        raise _misfit(expected, views, checkpoint, name)
    odd = [key for key, value in view.state.items() if _is_odd(value)]
    if odd:
        raise CheckpointError(
            f"The checkpoint {checkpoint.source} has sparse, complex or empty tensors in {shortened(odd)}; "
            "save them as dense real tensors.",
            code="unsupported_weights",
        )
    bad = [key for key, value in view.state.items() if not torch.isfinite(value.float()).all()]
    if bad:
        raise CheckpointError(
            f"The checkpoint {checkpoint.source} has NaN or infinite weights in {shortened(bad)}; "
            "use one saved before the training diverged.",
            code="nonfinite_weights",
        )
    module.load_state_dict(dict(view.state))
    return view


def _misfit(expected: Shapes, views: tuple[KeyView, ...], checkpoint: Checkpoint, name: str) -> CheckpointError:
    held = next(filter(None, (identify(view.state) for view in views)), None)
    if held is not None and held != name:
        return CheckpointError(
            f"The checkpoint {checkpoint.source} contains {held}, not {name}; use --model {held}.",
            code="checkpoint_of_other_model",
        )
    nearest = max(views, key=lambda view: len(expected.keys() & view.state.keys()))
    found = _shapes(nearest.state)
    if not expected.keys() & found.keys() and _same_in_order(expected, found):
        load = f"torch.load({checkpoint.source!r}, map_location='cpu')" + "".join(
            f"[{part!r}]" for part in checkpoint.key.split(".") if part
        )
        return CheckpointError(
            f"The checkpoint {checkpoint.source} has all {len(found)} shapes of {name} in their order, but under other "
            f"keys ({next(iter(found))} for {next(iter(expected))}); if they are the same layers, load {load} and save "
            "it again with the keys of the model's own state_dict().",
            code="checkpoint_keys_renamed",
        )
    problems = "; ".join(_problems(expected, found))
    where = f" under {checkpoint.key}" if checkpoint.key else ""
    return CheckpointError(
        f"The checkpoint {checkpoint.source} does not fit {name}{where}: {problems}.", code="checkpoint_mismatch"
    )


def _same_in_order(expected: Shapes, found: Shapes) -> bool:
    """Whether all shapes are the same, or would be with another number of classes, which unknown keys do not tell."""
    if len(expected) != len(found):
        return False
    differing = [pair for pair in zip(expected.values(), found.values(), strict=True) if pair[0] != pair[1]]
    others = {(one[:1], other[:1]) for one, other in differing if one[1:] == other[1:]}
    return not differing or (len(others) == 1 and all(one[1:] == other[1:] for one, other in differing))


def _is_odd(value: Tensor) -> bool:
    return value.layout != torch.strided or value.is_meta or value.is_complex()


def _problems(expected: Shapes, found: Shapes) -> list[str]:
    groups = {
        "missing keys": [key for key in expected if key not in found],
        "unexpected keys": [key for key in found if key not in expected],
        "misshapen keys": [
            f"{key} {found[key]} instead of {shape}"
            for key, shape in expected.items()
            if key in found and found[key] != shape
        ],
    }
    return [f"{len(keys)} {title} ({shortened(keys)})" for title, keys in groups.items() if keys]


def _shapes(state: Mapping[str, Tensor]) -> Shapes:
    return {key: tuple(value.shape) for key, value in state.items()}


@cache
def _shapes_of_model(name: str, num_classes: int | None) -> Shapes:
    with torch.device("meta"):
        model = create_model(name, num_classes=num_classes or 0)
    return _shapes(model.state_dict())
