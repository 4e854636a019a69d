from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from efficientmod_mobile import EfficientMod, create_model, list_models, realistic_state
from efficientmod_mobile._blocks import AttentionBlock, DropPath
from efficientmod_mobile.errors import InputError, ModelError

from ..efficientmods import EFFICIENTMODS
from ..raising import refused

Shapes = dict[str, tuple[int, ...]]
LARGEST_ERROR = 1e-10


def with_realistic_weights(name: str, **options: Any) -> EfficientMod:
    model = create_model(name, **options)
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    model.load_state_dict({key: torch.from_numpy(value) for key, value in realistic_state(shapes, seed=0).items()})
    return model.eval()


def picture(height: int, width: int, count: int = 1) -> Tensor:
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(height))


def relative_error(result: Tensor, reference: NDArray[np.float64] | Tensor) -> float:
    expected = torch.as_tensor(reference)
    return float((result - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", list_models())
def test_keys_and_shapes_are_upstreams(name: str, upstream_shapes: dict[str, Shapes]) -> None:
    shapes = {key: tuple(value.shape) for key, value in create_model(name).state_dict().items()}
    assert shapes == upstream_shapes[name]


@pytest.mark.parametrize("name", list_models())
@torch.no_grad()
def test_logits_are_upstreams(
    name: str, golden: dict[str, NDArray[np.float64]], golden_input: NDArray[np.float32]
) -> None:
    logits = with_realistic_weights(name).double()(torch.from_numpy(golden_input).double())
    assert logits.shape == (1, 1000)
    assert relative_error(logits, golden[f"{name}/logits"]) < LARGEST_ERROR


@pytest.mark.parametrize("name", list_models())
@torch.no_grad()
def test_stages_are_upstreams(
    name: str, golden: dict[str, NDArray[np.float64]], golden_input: NDArray[np.float32]
) -> None:
    model = with_realistic_weights(name, features_only=True).double()
    stages = model(torch.from_numpy(golden_input).double())
    assert [tuple(stage.shape[2:]) for stage in stages] == [(56, 56), (28, 28), (14, 14), (7, 7)]
    for i, stage in enumerate(stages, start=1):
        assert relative_error(stage.mean(dim=(2, 3)), golden[f"{name}/stage{i}_mean"]) < LARGEST_ERROR
        assert relative_error(stage[0, :, 0, 0], golden[f"{name}/stage{i}_corner"]) < LARGEST_ERROR


def test_a_backbone_has_all_keys_but_the_norm_and_the_head() -> None:
    keys = set(create_model("efficientmod_xs").state_dict())
    backbone = set(create_model("efficientmod_xs", features_only=True).state_dict())
    assert keys - backbone == {"norm.weight", "norm.bias", "head.weight", "head.bias"}
    assert backbone < keys


@pytest.mark.parametrize("name", list_models())
@torch.no_grad()
def test_any_size_divisible_by_32(name: str) -> None:
    stages = with_realistic_weights(name, features_only=True)(picture(256, 192))
    assert [tuple(stage.shape[2:]) for stage in stages] == [(64, 48), (32, 24), (16, 12), (8, 6)]
    assert with_realistic_weights(name, num_classes=7)(picture(64, 96, count=2)).shape == (2, 7)


@pytest.mark.parametrize("name", ["efficientmod_xxs", "efficientmod_s_conv"])
@torch.no_grad()
def test_height_and_width_are_not_confused(name: str) -> None:
    """A network with transposed kernels sees in a transposed picture what the network sees in the picture."""
    model = with_realistic_weights(name, features_only=True).double()
    transposed = with_realistic_weights(name, features_only=True).double()
    for module in transposed.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.copy_(module.weight.transpose(2, 3).clone())
    x = picture(64, 128).double()
    for stage, other in zip(model(x), transposed(x.transpose(2, 3)), strict=True):
        assert relative_error(other.transpose(2, 3), stage) < LARGEST_ERROR


@torch.no_grad()
def test_pictures_of_a_batch_do_not_mix() -> None:
    model = with_realistic_weights("efficientmod_xs").double()
    x = picture(64, 32, count=3).double()
    assert relative_error(model(x)[1:2], model(x[1:2])) < LARGEST_ERROR


@torch.no_grad()
def test_no_classes_gives_the_pooled_features() -> None:
    x = picture(32, 64)
    features = with_realistic_weights("efficientmod_xxs", num_classes=0)(x)
    model = with_realistic_weights("efficientmod_xxs", num_classes=5)
    assert features.shape == (1, 256)
    assert isinstance(model.head, nn.Linear)
    assert relative_error(F.linear(features, model.head.weight, model.head.bias), model(x)) < 1e-5


@pytest.mark.parametrize("size", [(225, 224), (224, 200), (16, 16)])
def test_other_sizes_are_refused(size: tuple[int, int]) -> None:
    with refused(InputError, "indivisible_resolution", f"{size[0]}x{size[1]}"):
        create_model("efficientmod_xxs")(torch.zeros(1, 3, *size))


@pytest.mark.parametrize("shape", [(1, 224, 224, 3), (1, 1, 64, 64), (3, 64, 64)])
def test_inputs_that_are_not_images_are_refused(shape: tuple[int, ...]) -> None:
    with refused(InputError, "wrong_input_shape", "(N, 3, H, W)"):
        create_model("efficientmod_xxs")(torch.zeros(shape))


def test_a_misspelt_name_is_answered_with_similar_names() -> None:
    with refused(ModelError, "unknown_model", "efficientmod_xs"):
        create_model("eficientmod_xs")


@pytest.mark.parametrize("options", [{"num_classes": -1}, {"drop_path_rate": 1.0}, {"drop_path_rate": -0.1}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with refused(InputError, "option_out_of_range"):
        create_model("efficientmod_xxs", **options)


def test_initialisation_is_upstreams() -> None:
    torch.manual_seed(0)
    model = create_model("efficientmod_s")
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert all(linear.weight.std().item() == pytest.approx(0.02, rel=0.1) for linear in linears)
    assert all(linear.bias.abs().max() == 0 for linear in linears if linear.bias is not None)
    scales = [value for key, value in model.state_dict().items() if key.endswith("gamma_1")]
    assert len(scales) == 20
    assert all(bool((scale == 1e-4).all()) for scale in scales)


def test_every_parameter_is_reached_by_the_gradient() -> None:
    model = with_realistic_weights("efficientmod_xxs", num_classes=10, drop_path_rate=0.2).train()
    torch.manual_seed(0)
    F.cross_entropy(model(picture(64, 96, count=8)), torch.arange(8)).backward()
    without = [
        key for key, value in model.named_parameters() if value.grad is None or not float(value.grad.abs().max()) > 0
    ]
    assert without == []


def test_training_reduces_the_loss() -> None:
    torch.manual_seed(0)
    model = create_model("efficientmod_xxs", num_classes=4, drop_path_rate=0.05).train()
    x, y = picture(32, 32, count=4), torch.arange(4)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = F.cross_entropy(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop = DropPath(0.25).train()
    y = drop(torch.ones(4000, 2, 3))
    per_sample = y.reshape(4000, 6)
    assert bool((per_sample == per_sample[:, :1]).all())
    assert per_sample[:, 0].unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
    assert y.mean().item() == pytest.approx(1.0, abs=0.04)
    assert torch.equal(drop.eval()(y), y)


def test_drop_path_rates_grow_linearly_with_depth() -> None:
    model = create_model("efficientmod_xs", drop_path_rate=0.17)
    rates = [module.rate for module in model.modules() if isinstance(module, DropPath)]
    assert rates == pytest.approx(np.linspace(0, 0.17, 18).tolist())


@torch.no_grad()
def test_drop_path_changes_training_and_not_evaluation() -> None:
    x = picture(32, 32, count=2)
    dropping = with_realistic_weights("efficientmod_xs", drop_path_rate=0.5)
    assert torch.equal(dropping(x), with_realistic_weights("efficientmod_xs")(x))
    torch.manual_seed(0)
    dropping.train()
    assert relative_error(dropping(x), dropping(x)) > 0.05


@pytest.mark.parametrize("name", EFFICIENTMODS)
def test_export_gives_the_same_function_in_at_most_four_axes(name: str) -> None:
    model = with_realistic_weights(name)
    x = picture(64, 96)
    program = torch.export.export(model, (x,)).module(check_guards=False)
    assert isinstance(program, torch.fx.GraphModule)
    with torch.no_grad():
        assert relative_error(program(x), model(x)) < 1e-6
    tensors = [node.meta["val"] for node in program.graph.nodes if isinstance(node.meta.get("val"), Tensor)]
    assert max(tensor.ndim for tensor in tensors) == 4
    scales = [node for node in program.graph.nodes if node.target is torch.ops.aten.softmax.int]
    assert len(scales) == sum(isinstance(module, AttentionBlock) for module in model.modules())


def test_export_of_a_backbone_gives_four_outputs() -> None:
    model = with_realistic_weights("efficientmod_xxs", features_only=True)
    x = picture(64, 32)
    outputs = torch.export.export(model, (x,)).module()(x)
    assert [tuple(output.shape) for output in outputs] == [
        (1, 32, 16, 8),
        (1, 64, 8, 4),
        (1, 128, 4, 2),
        (1, 256, 2, 1),
    ]


def test_the_size_check_adds_no_guard_to_symbolic_sizes() -> None:
    model = with_realistic_weights("efficientmod_xxs")
    blocks = torch.export.Dim("blocks", min=2, max=8)
    batch = torch.export.Dim("batch", min=1, max=4)
    program = torch.export.export(model, (picture(64, 96, count=2),), dynamic_shapes=({0: batch, 3: 32 * blocks},))
    x = picture(64, 160)
    with torch.no_grad():
        assert relative_error(program.module()(x), model(x)) < 1e-5
