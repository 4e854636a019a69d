"""Operations that change nothing are removed; operations that only look like it are kept."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy.folds._identities import Identity

from ..conftest import Transformed

SHAPE = (1, 3, 5, 7)


class Apply(nn.Module):
    """tanh, then `function`: so that the input of the network is not its output."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.function(torch.tanh(x)))


NOTHING: dict[str, Callable[[Tensor], Tensor]] = {
    "dropout": nn.Dropout(0.3).eval(),
    "dropout2d": nn.Dropout2d(0.3).eval(),
    "alpha dropout": nn.AlphaDropout(0.3).eval(),
    "identity": nn.Identity(),
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "detach": lambda x: x.detach(),
    "to the same dtype": lambda x: x.to(x.dtype, copy=True),
    "expand to the same shape": lambda x: x.expand(1, 3, 5, 7),
    "whole slice": lambda x: x[:, 0:3],
    "reshape to the same shape": lambda x: x.reshape(SHAPE),
    "permute to the same order": lambda x: x.permute(0, 1, -2, -1),
    "add zero": lambda x: x + 0,
    "zero plus": lambda x: 0 + x,
    "subtract zero": lambda x: x - 0.0,
    "times one": lambda x: x * 1.0,
    "one times": lambda x: 1 * x,
    "over one": lambda x: x / 1,
    "pad by nothing": lambda x: nn.functional.pad(x, (0, 0, 0, 0)),
    "pool to the same size": nn.AdaptiveAvgPool2d((5, 7)),
}


@pytest.mark.parametrize("function", NOTHING.values(), ids=NOTHING)
def test_operations_that_change_nothing_are_removed(
    function: Callable[[Tensor], Tensor], transformed: Transformed
) -> None:
    result = transformed(Apply(function), SHAPE, (Identity(),))
    assert result.operators() == {"tanh": 2}
    assert result.applied().get("identity", 0) == result.before.node_count - 2


SOMETHING: dict[str, Callable[[Tensor], Tensor]] = {
    "half of it": lambda x: x[:, :, ::2],
    "transpose of a square": lambda x: x[..., :5].transpose(2, 3),
    "permute": lambda x: x.permute(0, 1, 3, 2),
    "one minus": lambda x: 1 - x,
    "zero minus": lambda x: 0 - x,
    "one over": lambda x: 2 / (x + 2),
    "expand": lambda x: x.mean(1, keepdim=True).expand(1, 3, 5, 7),
    "shift by padding": lambda x: nn.functional.pad(x, (1, -1)),
    "tiled": lambda x: x.repeat(1, 2, 1, 1),
}


@pytest.mark.parametrize("function", SOMETHING.values(), ids=SOMETHING)
def test_operations_that_change_something_are_kept(
    function: Callable[[Tensor], Tensor], transformed: Transformed
) -> None:
    result = transformed(Apply(function), SHAPE, (Identity(),))
    needless_slices = sum("slice" in str(node.target) for node in result.before.graph.nodes)
    assert result.applied().get("identity", 0) <= needless_slices
    assert result.program.node_count >= 3


def test_a_dropout_that_draws_random_numbers_is_refused(transformed: Transformed) -> None:
    always = Apply(lambda x: x + 0.0 * nn.functional.dropout(x, 0.5, training=True))
    result = transformed(always, SHAPE, (Identity(),))
    assert result.refused("identity") == ["the dropout is in training mode and draws random numbers"]
    assert result.operators()["dropout"] == 1
