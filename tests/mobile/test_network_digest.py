"""The digest of a module whose state is not of plain tensors only: there is one, so that its refusal is reached."""

import warnings

import torch
from torch import nn

from efficientmod_mobile._network import digest_of


def test_a_module_with_int8_weights() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch calls it deprecated
        layer = nn.Sequential(nn.Linear(8, 4))
        quantised = torch.ao.quantization.quantize_dynamic(layer, {nn.Linear})
        assert len(digest_of(quantised)) == 64
    assert digest_of(quantised) != digest_of(layer)
