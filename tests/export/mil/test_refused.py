"""What MIL's documentation leaves undefined is refused by the kernels, not computed as something else."""

from typing import Any

import pytest
import torch

from efficientmod_export.mil._registry import find_operator

X = torch.arange(120.0).reshape(1, 4, 5, 6)


def run(kind: str, ios: int, **inputs: Any) -> Any:
    found = find_operator(kind, ios)
    assert found is not None
    return found.kernel(**inputs)


def test_a_transposed_convolution_knows_no_same_lower() -> None:
    with pytest.raises(ValueError, match="conv_transpose has no padding of type 'same_lower'"):
        run("conv_transpose", 16, x=X, weight=torch.ones(4, 2, 3, 3), strides=(2, 2), pad_type="same_lower")
