"""What every test may use, above all the upstream network's shapes and its outputs in float64."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from numpy.typing import NDArray

# Compiling for a GPU takes seconds to minutes: only the tests that are about it do so, and choose their driver.
NO_DRIVER = "/no-vulkan-driver"
os.environ["VK_ICD_FILENAMES"] = NO_DRIVER

Shapes = dict[str, tuple[int, ...]]
UPSTREAM = Path(__file__).parent / "data" / "upstream"

# The same examples in every run, so that a failure is that of a change; and no time limit, for machines are busy.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def same_numbers_in_every_run() -> None:
    """What a test draws from PyTorch does not depend on the tests before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def upstream_shapes() -> dict[str, Shapes]:
    """Model -> key -> shape, as the upstream code's state dicts have them."""
    models = json.loads((UPSTREAM / "state_dict_shapes.json").read_text())
    return {name: {key: tuple(shape) for key, shape in shapes.items()} for name, shapes in models.items()}


@pytest.fixture(scope="session")
def golden() -> dict[str, NDArray[np.float64]]:
    """`<model>/logits`, `<model>/stage<i>_mean` and `_corner` of the upstream code for `golden_input`, in float64.

    The weights are `realistic_state(shapes, seed=0)`.
    """
    with np.load(UPSTREAM / "golden.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def golden_input() -> NDArray[np.float32]:
    """The picture that `golden` was computed for: standard normal (1, 3, 224, 224)."""
    return np.random.default_rng(1).standard_normal((1, 3, 224, 224)).astype(np.float32)
