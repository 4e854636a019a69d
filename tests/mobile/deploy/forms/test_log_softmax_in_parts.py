"""A log-softmax in parts: equal in float64, and finite in float16 where its softmax is zero."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import LogSoftmaxInParts, capture

from ..conftest import Transformed

SHAPE = (2, 4, 5, 7)
RECIPE = (LogSoftmaxInParts(),)


class Logs(nn.Module):
    def __init__(self, axis: int, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self.axis = axis
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return torch.log_softmax(x * 40, self.axis, dtype=self.dtype)


@pytest.mark.parametrize("axis", [1, -1])
def test_it_is_written_in_parts(transformed: Transformed, axis: int) -> None:
    result = transformed(Logs(axis), SHAPE, RECIPE)
    assert result.applied()["log_softmax_in_parts"] == 1
    assert result.operators() == {"mul": 1, "amax": 1, "sub": 2, "exp": 1, "sum": 1, "log": 1}


def test_float16_holds_it(transformed: Transformed) -> None:
    result = transformed(Logs(1), SHAPE, RECIPE)
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0)).half()
    assert not torch.log_softmax(x * 40, 1).exp().log().isfinite().all()
    assert torch.as_tensor(result.program.graph_module.half()(x)[0]).isfinite().all()


def test_another_dtype_is_left_alone() -> None:
    program = capture(Logs(1, torch.float64).eval(), torch.randn(SHAPE))
    assert not any(LogSoftmaxInParts().check(node) for node in program.graph.nodes)
