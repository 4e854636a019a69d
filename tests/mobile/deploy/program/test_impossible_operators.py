"""What no runtime has is refused in a sentence that names the module, the operator and a way out."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import ops

from efficientmod_mobile.deploy import EXACT, capture, deploy
from efficientmod_mobile.errors import ConversionError
from tests.raising import refused

X = torch.linspace(-2, 3, 3 * 12 * 10).sin().reshape(1, 3, 12, 10) * 2


@torch.library.custom_op("of_these_tests::twice", mutates_args=())
def twice(x: Tensor) -> Tensor:
    return x * 2


@twice.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


class Part(nn.Module):
    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> object:
        return self.function(x)


def net(function: Callable[[Tensor], object]) -> nn.Module:
    return nn.Sequential(nn.Identity(), Part(function)).eval()


BOXES = torch.tensor([[0.0, 0.0, 5.0, 6.0], [1.0, 2.0, 8.0, 9.0]])

IMPOSSIBLE = {
    "svd": (lambda x: torch.linalg.svdvals(x[0]), "aten.linalg_svdvals", "Newton-Schulz"),
    "inverse": (lambda x: torch.linalg.inv(x[0, :, :9, :9]), "aten.linalg_inv", "Newton-Schulz"),
    "solution": (lambda x: torch.linalg.solve(x[0, :, :9, :9], x[0, :, :9]), "aten.linalg_solve", "let the app"),
    "regions": (lambda x: ops.roi_align(x, [BOXES], 2), "torchvision.roi_align", "F.grid_sample"),
    "vmap": (lambda x: torch.vmap(torch.sin)(x[0]), "torch.vmap", "whole batches"),
    "operator of one's own": (twice, "of_these_tests.twice", "PyTorch's own operators"),
}


@pytest.mark.parametrize(("function", "operator", "way_out"), IMPOSSIBLE.values(), ids=list(IMPOSSIBLE))
def test_an_operator_that_no_runtime_has(function: Callable[[Tensor], object], operator: str, way_out: str) -> None:
    with refused(ConversionError, "impossible_operator", operator, way_out, "1 ("):
        capture(net(function), X)


SIZES = {
    "nms": (lambda x: ops.nms(BOXES + x[0, 0, 0, 0], x[0, 0, 0, :2], 0.5), "let the app choose"),
    "nonzero": (lambda x: torch.nonzero(x > 1), "topk"),
    "chosen": (lambda x: x[x > 0].mean(), "multiply"),
    "unique": (lambda x: torch.unique(x.round()), "fixed sizes"),
}


@pytest.mark.parametrize(("function", "way_out"), SIZES.values(), ids=list(SIZES))
def test_a_size_that_depends_on_values(function: Callable[[Tensor], object], way_out: str) -> None:
    with refused(ConversionError, "dynamic_size", "1 (", way_out):
        capture(net(function), X)


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_torchscript_is_named() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), torch.jit.script(nn.ReLU()))
    with refused(ConversionError, "capture_failed", "1 is TorchScript", "scripted or traced from"):
        capture(module.eval(), X)


def test_what_is_constant_is_computed_beforehand() -> None:
    matrix = torch.eye(5) * 2 + torch.ones(5, 5)
    deployed = deploy(capture(net(lambda x: F.linear(x[..., :5], torch.linalg.inv(matrix))), X), EXACT)
    called = {node.target for node in deployed.program.graph.nodes if node.op == "call_function"}
    assert torch.ops.aten.linalg_inv.default not in called
