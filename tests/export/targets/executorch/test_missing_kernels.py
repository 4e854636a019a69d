"""A file that ExecuTorch does not load or run: its printed reason, once, with the kernel's name."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_export.targets.executorch._missing_kernels import check_kernels, explained
from efficientmod_mobile.deploy import EXACT, capture, deploy
from efficientmod_mobile.errors import ConversionError

from ..conftest import options


class Volume(nn.Module):
    """A convolution over three axes, for which the portable kernel has two."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv3d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x[:, None])
        return y


class Histogram(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x).renorm(2, 1, 0.5)


def test_the_module_of_a_missing_kernel_is_named() -> None:
    program = deploy(capture(Histogram().eval(), torch.zeros(1, 3, 8, 10)), EXACT).program
    with quiet():  # executorch's imports warn
        check_kernels(program, ("aten::topk.values",))
    with pytest.raises(ConversionError) as raised:
        check_kernels(program, ("aten::renorm.out", "aten::topk.values", "aten::renorm.out"))
    assert raised.value.code == "missing_kernel"
    assert str(raised.value).count("aten::renorm.out for the network itself") == 1
    assert "topk" not in str(raised.value)


def test_a_kernel_that_refuses_is_named_once(tmp_path: Path) -> None:
    program = deploy(capture(Volume().eval(), torch.zeros(1, 3, 8, 10)), EXACT).program
    target = find_target("executorch")
    with quiet():
        file = target.make(program, options("fp32"), tmp_path)
        session = target.runtime.open(file, target.variants[0].configurations()[0])
        session.bind([torch.zeros(1, 3, 8, 10).numpy()])
        with pytest.raises(ConversionError) as raised:
            session.invoke()
    assert raised.value.code == "runtime_refused"
    assert str(raised.value).count("aten::convolution.out") == 1
    assert "3-D or 4-D" in str(raised.value)


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), explained(Path("model.pte")):
        raise KeyError("x")
    with pytest.raises(RuntimeError), explained(Path("model.pte")):
        raise RuntimeError("a number")
