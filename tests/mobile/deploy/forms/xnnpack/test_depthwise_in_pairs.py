"""Large depthwise kernels in groups of two channels."""

from collections.abc import Callable

import pytest
from torch import nn

from efficientmod_mobile.deploy import DepthwiseInPairs
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of

from ...conftest import Transformed

CHANNELS = 1000
SHAPE = (1, CHANNELS, 5, 8)


def depthwise(kernel: int | tuple[int, int], channels: int = CHANNELS, **settings: object) -> Callable[[], nn.Module]:
    return lambda: nn.Conv2d(channels, channels, kernel, groups=channels, **settings)  # type: ignore[arg-type]


WRITTEN: dict[str, Callable[[], nn.Module]] = {
    "5x5": depthwise(5, padding=2),
    "no bias": depthwise(5, padding=2, bias=False),
    "strides, dilation": depthwise((4, 5), stride=(2, 1), dilation=(1, 2), padding=(3, 4)),
    "padding as a word": depthwise(5, padding="same"),
}


@pytest.mark.parametrize("build", WRITTEN.values(), ids=WRITTEN)
def test_it_is_written_in_pairs(transformed: Transformed, build: Callable[[], nn.Module]) -> None:
    result = transformed(build(), SHAPE, (DepthwiseInPairs(),))
    assert result.applied() == {"depthwise_in_pairs": 1}
    (layer,) = (layer_of(node) for node in result.program.graph.nodes if is_layer(node))
    assert isinstance(layer, Layer)
    assert (layer.groups, layer.weight.shape[1], layer.in_pairs) == (CHANNELS // 2, 2, True)


@pytest.mark.parametrize(
    "build",
    [
        depthwise(4, padding=2),
        lambda: nn.Conv2d(CHANNELS, CHANNELS, 5, groups=CHANNELS // 2),
        lambda: nn.Conv2d(CHANNELS, 2 * CHANNELS, 5, groups=CHANNELS),
        lambda: nn.Conv2d(CHANNELS, 4, 5),
    ],
    ids=["few weights", "pairs already", "two of each", "one group"],
)
def test_other_convolutions_are_left_alone(transformed: Transformed, build: Callable[[], nn.Module]) -> None:
    result = transformed(build(), SHAPE, (DepthwiseInPairs(),))
    assert (result.applied(), result.refused("depthwise_in_pairs")) == ({}, [])


def test_an_odd_number_of_channels_is_refused(transformed: Transformed) -> None:
    result = transformed(depthwise(5, channels=1001)(), (1, 1001, 5, 8), (DepthwiseInPairs(),))
    assert result.refused("depthwise_in_pairs") == ["it has an odd number of channels"]
