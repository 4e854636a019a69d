"""What an app does with the network's outputs (see docs/bundle_format.md): softmax, the best classes, a picture."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.bundle.contract import Step

Array = NDArray[Any]


def softmax(values: Array) -> Array:
    """Over the last axis, in float64: e / sum(e) with e = exp(v - max v)."""
    powers = np.exp(values.astype(np.float64) - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def top_k(values: Array, k: int) -> Array:
    """The places of the k largest values of (1, C), in descending order; of equal ones the lower place first."""
    return np.argsort(-values[0].astype(np.float64), kind="stable")[:k]


def to_picture(values: Array, mean: Sequence[float], std: Sequence[float]) -> Array:
    """uint8 (H, W, 3) of an image (1, 3, H, W): rint(clamp((value * std + mean) * 255, 0, 255)) in float32."""
    means, stds = (np.asarray(each, np.float32).reshape(3, 1, 1) for each in (mean, std))
    scaled = (values[0].astype(np.float32) * stds + means) * np.float32(255)
    return np.asarray(np.rint(np.clip(scaled, 0, 255)).astype(np.uint8).transpose(1, 2, 0))


_STEPS: dict[str, Callable[..., Array]] = {"softmax": softmax, "top_k": top_k, "to_picture": to_picture}


def follow(steps: Sequence[Step], outputs: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Do the steps in order; give by output what each step made of it. A step that is not known is not done, nor what
    follows it on the same output.
    """
    values, results, unknown = dict(outputs), dict[str, dict[str, Array]](), set[str]()
    for step in steps:
        if step.step not in _STEPS or step.output in unknown:
            unknown.add(step.output)
            continue
        made = _STEPS[step.step](values[step.output], **step.parameters)
        results.setdefault(step.output, {})[step.step] = made
        values[step.output] = made if step.step == "softmax" else values[step.output]
    return results
