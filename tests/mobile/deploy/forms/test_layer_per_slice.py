"""A layer of whose result only slices of channels are used becomes one layer per slice."""

from collections.abc import Callable

import pytest
from torch import Tensor, nn

from efficientmod_mobile.deploy import LayerPerSlice

from ..conftest import Transformed

SHAPE = (1, 8, 5, 7)


class Sliced(nn.Module):
    def __init__(self, layer: nn.Module, cut: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.cut = layer, cut

    def forward(self, x: Tensor) -> Tensor:
        return self.cut(self.layer(x))


def test_unused_channels_are_not_computed(transformed: Transformed) -> None:
    net = Sliced(nn.Conv2d(8, 12, 3, stride=2, padding=1), lambda y: y[:, :4] * y[:, 6:10])
    result = transformed(net, SHAPE, (LayerPerSlice(),))
    assert result.operators() == {"conv2d": 2, "mul": 1}


SLICES_REFUSED: dict[str, tuple[nn.Module, Callable[[Tensor], Tensor], str]] = {
    "overlap": (nn.Conv2d(8, 12, 1), lambda y: y[:, :8] * y[:, 4:], "overlap"),
    "read whole": (nn.Conv2d(8, 12, 1), lambda y: y.mean() * y[:, 4:], "is not a slice of its channels"),
    "sliced along the rows": (nn.Conv2d(8, 12, 1), lambda y: y[:, :, 1:], "is not a slice of its channels"),
    "every second": (nn.Conv2d(8, 12, 1), lambda y: y[:, ::2], "is not a slice of its channels"),
    "grouped": (nn.Conv2d(8, 8, 1, groups=8), lambda y: y[:, :4] * y[:, 4:], "grouped or transposed"),
}


@pytest.mark.parametrize(("layer", "cut", "reason"), SLICES_REFUSED.values(), ids=SLICES_REFUSED)
def test_slices_that_are_refused(
    transformed: Transformed, layer: nn.Module, cut: Callable[[Tensor], Tensor], reason: str
) -> None:
    (refusal,) = transformed(Sliced(layer, cut), SHAPE, (LayerPerSlice(),)).refused("layer_per_slice")
    assert reason in refusal
