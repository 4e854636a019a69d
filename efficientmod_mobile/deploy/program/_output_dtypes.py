"""The dtypes of outputs: what a runtime or a bundle does not have is given in one that has all its values.

float64, float16, bfloat16  ->  float32, of float64 to float32's accuracy
uint8, int8, int16          ->  int32
"""

import torch

_GIVEN_AS = {
    **{dtype: dtype for dtype in (torch.float32, torch.int32, torch.int64, torch.bool)},
    **dict.fromkeys((torch.float64, torch.float16, torch.bfloat16), torch.float32),
    **dict.fromkeys((torch.uint8, torch.int8, torch.int16), torch.int32),
}


def output_dtype(dtype: torch.dtype) -> torch.dtype | None:
    """The dtype in which outputs of `dtype` are given; None where there is none, as for complex numbers."""
    return _GIVEN_AS.get(dtype)
