"""Rounding of whole programs: which layers, their inputs, and the result."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from efficientmod_export.quantisation import round_to_nearest, round_weights, rounded_layers, to_nearest
from efficientmod_export.quantisation._views import with_views
from efficientmod_mobile.deploy import DepthwiseInPairs, Program, capture, deploy, run
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import module_path

from ..targets.conftest import strengthen


class Network(nn.Module):
    """Every kind of layer, of unlike geometry; (1, 3, 20, 28) -> (1, 5)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.plain = nn.Conv2d(8, 12, 3, stride=(2, 1), padding=(1, 0), dilation=(1, 2))
        self.same = nn.Conv2d(12, 10, (2, 3), padding="same")
        self.depthwise = nn.Conv2d(10, 10, 3, padding=1, groups=10)
        self.pointwise = nn.Conv2d(10, 16, 1)
        self.up = nn.ConvTranspose2d(16, 6, 2, stride=2)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.plain(torch.relu(self.stem(x))))
        y = self.up(torch.relu(self.pointwise(self.depthwise(torch.relu(self.same(y))))))
        return self.head(y.mean((2, 3)))


@pytest.fixture(scope="module")
def program() -> Program:
    return capture(strengthen(Network()), torch.zeros(1, 3, 20, 28))


@pytest.fixture(scope="module")
def images() -> list[Tensor]:
    torch.manual_seed(5)
    return [torch.randn(1, 3, 20, 28) for _ in range(6)]


def test_the_stem_grouped_and_transposed_layers_are_not_rounded(program: Program) -> None:
    assert [module_path(node) for node in rounded_layers(program)] == ["plain", "same", "pointwise", "head"]


def test_their_weights_are_on_grids_and_those_of_others_of_float16(program: Program, images: list[Tensor]) -> None:
    rounded = round_weights(program, [(image,) for image in images]).program
    layers = [layer_of(node) for node in rounded_layers(rounded)]
    assert all(isinstance(one, Layer) and torch.allclose(to_nearest(one.weight), one.weight) for one in layers)
    before, after = (dict(one.graph_module.state_dict()) for one in (program, rounded))
    others = {name for name in before if name.split(".")[0] not in ("plain", "same", "pointwise", "head")}
    kernels = {name for name in others if name.endswith("weight")}
    assert kernels
    assert all(torch.equal(before[name].half().float(), after[name]) for name in kernels)
    assert all(torch.equal(before[name], after[name]) for name in others - kernels)


def test_the_given_program_is_not_changed(program: Program, images: list[Tensor]) -> None:
    before = {name: value.clone() for name, value in program.graph_module.state_dict().items()}
    round_weights(program, [(image,) for image in images])
    assert all(torch.equal(value, before[name]) for name, value in program.graph_module.state_dict().items())


def test_it_is_better_than_rounding_to_the_nearest(program: Program, images: list[Tensor]) -> None:
    torch.manual_seed(6)
    unseen = [torch.randn(1, 3, 20, 28) for _ in range(6)]
    errors = [
        sum(float((run(one, x)[0] - run(program, x)[0]).square().sum()) for x in unseen)
        for one in (round_weights(program, [(image,) for image in images]).program, round_to_nearest(program))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_the_vectors_of_a_layer_are_what_its_weights_multiply(program: Program) -> None:
    """Against the operator itself, for every geometry: the stated error is the one that the outputs have."""
    from efficientmod_export.quantisation._weights import _vectors

    for node in rounded_layers(program):
        layer = layer_of(node)
        assert isinstance(layer, Layer)
        shape = tuple(layer.input.meta["val"].shape)
        x = torch.randn(shape)
        bias = layer.bias if layer.bias is not None else torch.zeros(layer.out_channels)
        expected = node.target(x, layer.weight, layer.bias, *node.args[3:], **node.kwargs)  # type: ignore[operator]
        found = _vectors(layer, x) @ layer.weight.flatten(1).T + bias
        channels_last = expected.movedim(1, -1) if expected.ndim == 4 else expected
        assert torch.allclose(found, channels_last.reshape(found.shape), atol=1e-5)


def test_a_relative_error_is_given_for_each_layer(program: Program, images: list[Tensor]) -> None:
    layers = round_weights(program, [(image,) for image in images]).layers
    assert [layer.path for layer in layers] == ["plain", "same", "pointwise", "head"]
    assert all(0 < layer.relative_error < 1e-3 for layer in layers)


class Depthwise(nn.Module):
    """A large depthwise kernel between layers; (1, 3, 9, 12) -> (1, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 800, 1)
        self.depthwise = nn.Conv2d(800, 800, 5, stride=2, padding=2, groups=800)
        self.head = nn.Linear(800, 4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(torch.relu(self.depthwise(torch.relu(self.stem(x)))).mean((2, 3)))
        return y


def test_depthwise_kernels_in_pairs_are_rounded_row_by_row_and_their_bias_takes_what_the_mean_loses() -> None:
    torch.manual_seed(2)
    exact = deploy(capture(strengthen(Depthwise()), torch.zeros(1, 3, 9, 12)), (DepthwiseInPairs(),)).program
    images = [(torch.randn(1, 3, 9, 12),) for _ in range(4)]
    result = round_weights(exact, images)
    first, head = result.layers
    assert (first.path, first.weights, head.path) == ("depthwise", 40_000, "head")
    assert 0 < first.relative_error < 1e-3
    (own, _), (rounded, _) = ([layer_of(node) for node in rounded_layers(one)] for one in (exact, result.program))
    assert isinstance(own, Layer)
    assert isinstance(rounded, Layer)
    assert rounded.in_pairs
    assert torch.equal(rounded.weight, to_nearest(own.weight.double()).float())
    rounded_stem, exact_stem = (dict(one.graph_module.named_parameters()) for one in (result.program, exact))
    means = []
    for layer, values in ((own, exact_stem), (rounded, rounded_stem)):
        seen = [torch.relu(conv2d(x, values["stem.weight"], values["stem.bias"])) for (x,) in with_views(images)]
        given = [conv2d(x, layer.weight, layer.bias, 2, 2, 1, 400) for x in seen]
        means.append(torch.cat(given).mean((0, 2, 3)))
    assert torch.allclose(means[0], means[1], atol=1e-5)


def test_a_layer_that_makes_the_picture_grey_does_not_make_the_next_one_a_later_layer() -> None:
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)).eval()
    assert [module_path(node) for node in rounded_layers(capture(network, torch.zeros(1, 3, 9, 12)))] == ["3"]
