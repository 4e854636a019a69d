"""Deformable convolutions in float64 against torchvision's own operator."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from efficientmod_mobile.deploy import capture, run, to_dtype

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "a stride, a dilation, odd padding": {"stride": (2, 1), "dilation": (1, 2), "padding": (0, 3)},
    "groups": {"groups": 2},
    "two parts of offsets and a modulation": {"parts": 2, "modulated": True},
}


class Deformed(nn.Module):
    def __init__(self, *, parts: int = 1, modulated: bool = False, groups: int = 1, **options: Any) -> None:
        super().__init__()
        self.options = {"padding": 1, **options}
        stride, dilation = (options.get(name, 1) for name in ("stride", "dilation"))
        self.offsets = nn.Conv2d(4, parts * 2 * 6, (3, 2), stride, self.options["padding"], dilation)
        self.mask = nn.Conv2d(4, parts * 6, (3, 2), stride, self.options["padding"], dilation) if modulated else None
        self.weight, self.bias = nn.Parameter(torch.randn(6, 4 // groups, 3, 2)), nn.Parameter(torch.randn(6))

    def forward(self, x: Tensor) -> Tensor:
        mask = None if self.mask is None else self.mask(x).sigmoid()
        return deform_conv2d(x, self.offsets(x) * 3, self.weight, self.bias, mask=mask, **self.options)


@pytest.mark.parametrize("options", list(CASES.values()), ids=list(CASES))
def test_a_deformed_convolution(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    module, x = Deformed(**options).eval(), torch.randn(2, 4, 9, 13)
    program = to_dtype(capture(module, x), torch.float64)
    (found,) = run(program, x.double())
    torch.testing.assert_close(found, module.double()(x.double()), rtol=1e-12, atol=1e-12)
    assert not [node for node in program.graph.nodes if "torchvision" in str(node.target)]
