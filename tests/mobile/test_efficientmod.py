import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from efficientmod_mobile import EfficientMod, create_model, list_models, realistic_state

Shapes = dict[str, tuple[int, ...]]


def with_realistic_weights(name: str, *, num_classes: int = 1000, features_only: bool = False) -> EfficientMod:
    model = create_model(name, num_classes=num_classes, features_only=features_only)
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    model.load_state_dict({key: torch.from_numpy(value) for key, value in realistic_state(shapes, seed=0).items()})
    return model.eval()


def relative_error(result: torch.Tensor, reference: NDArray[np.float64]) -> float:
    return float(np.abs(result.numpy() - reference).max() / np.abs(reference).max())


@pytest.mark.parametrize("name", list_models())
def test_keys_and_shapes_are_upstreams(name: str, upstream_shapes: dict[str, Shapes]) -> None:
    shapes = {key: tuple(value.shape) for key, value in create_model(name).state_dict().items()}
    assert shapes == upstream_shapes[name]


@pytest.mark.parametrize("name", list_models())
def test_logits_are_upstreams(
    name: str, golden: dict[str, NDArray[np.float64]], golden_input: NDArray[np.float32]
) -> None:
    model = with_realistic_weights(name).double()
    with torch.no_grad():
        logits = model(torch.from_numpy(golden_input).double())
    assert relative_error(logits, golden[f"{name}/logits"]) < 1e-10


@pytest.mark.parametrize("name", list_models())
def test_stages_are_upstreams(
    name: str, golden: dict[str, NDArray[np.float64]], golden_input: NDArray[np.float32]
) -> None:
    model = with_realistic_weights(name, features_only=True).double()
    with torch.no_grad():
        stages = model(torch.from_numpy(golden_input).double())
    assert [tuple(stage.shape[2:]) for stage in stages] == [(56, 56), (28, 28), (14, 14), (7, 7)]
    for i, stage in enumerate(stages, start=1):
        assert relative_error(stage.mean(dim=(2, 3)), golden[f"{name}/stage{i}_mean"]) < 1e-10
        assert relative_error(stage[0, :, 0, 0], golden[f"{name}/stage{i}_corner"]) < 1e-10
