"""Ranges of values hold whatever the input is, and are as narrow as the operators say."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture, run
from efficientmod_mobile.deploy.analysis import value_ranges

ANY = (-math.inf, math.inf)

CASES: dict[str, tuple[Callable[[Tensor], Tensor], tuple[float, float]]] = {
    "nothing": (lambda x: x, ANY),
    "sigmoid": (torch.sigmoid, (0, 1)),
    "sigmoid of another shape": (lambda x: x.sigmoid().flatten(2).mean(2).unsqueeze(-1).expand(1, 3, 4), (0, 1)),
    "less a sigmoid": (lambda x: 1.0 - x.sigmoid(), (0, 1)),
    "hyperbolic tangent": (lambda x: (x.tanh() + 1) / 2, (0, 1)),
    "softmax": (lambda x: F.softmax(x, 1) * 3 - 1, (-1, 2)),
    "exponential of log-softmax": (lambda x: F.log_softmax(x, 1).exp(), (0, 1)),
    "clamp": (lambda x: x.clamp(0.25, 0.75), (0.25, 0.75)),
    "clamp from below": (lambda x: x.clamp(min=0.5), (0.5, math.inf)),
    "clamp of a relu": (lambda x: x.relu().clamp(-1, 2), (0, 2)),
    "relu6": (lambda x: F.relu6(x) / 6, (0, 1)),
    "parts side by side": (lambda x: torch.cat([x.sigmoid(), x.tanh() * 2], 1), (-2, 2)),
    "choice": (lambda x: torch.where(x > 0, x.sigmoid(), -x.sigmoid()), (-1, 1)),
    "sum with a factor": (lambda x: torch.sub(x.sigmoid(), x.tanh(), alpha=2), (-2, 3)),
    "constant": (lambda x: x.sigmoid() * torch.tensor([[[[-2.0, 5.0, 1.0, 0.0]]]]), (-2, 5)),
    "infinite less infinite": (lambda x: x.exp() - x.relu().exp(), ANY),
    "nothing times infinite": (lambda x: x.relu() * x.exp().neg(), ANY),
    "quotient by a sigmoid": (lambda x: 1 / x.sigmoid(), ANY),
    "quotient by an exponential": (lambda x: x.sigmoid() / (x.exp() + 1), (0, 1)),
}


class Of(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize(("function", "expected"), CASES.values(), ids=list(CASES))
def test_a_range(function: Callable[[Tensor], Tensor], expected: tuple[float, float]) -> None:
    x = torch.randn(1, 3, 5, 4) * 4
    program = capture(Of(function).eval(), x)
    (node,) = program.graph.output_node().args[0]  # type: ignore[misc,union-attr]
    found = value_ranges(program.graph).get(node, ANY)
    assert found == expected
    (values,) = run(program, x)
    assert found[0] <= float(values.min())
    assert float(values.max()) <= found[1]
