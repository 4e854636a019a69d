"""A network's own noise where rounding makes an operator refuse its operands: it has none, and nothing ends."""

import numpy as np
import torch
from torch import Tensor, nn

from efficientmod_export._stages import Sample, SampleInput
from efficientmod_export.parity import network_noise
from efficientmod_mobile.deploy import capture


class Bins(nn.Module):
    """In float16 the greatest number is 16, of which there is no bin."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.one_hot((x * 15.9999).long(), 16).sum(2).float()


def test_an_index_that_rounding_makes() -> None:
    x = torch.ones(1, 1, 4, 5)
    program = capture(Bins().eval(), x)
    noise = network_noise(program, [Sample("ones", "noise", (SampleInput(x.numpy()),))])
    assert noise["float16"] == ()
    assert noise["float32"][0].max_relative_error == 0.0
    assert np.isfinite(noise["float16_weights"][0].max_relative_error)
