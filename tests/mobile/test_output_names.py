"""Names of outputs from what they lie in."""

from collections import namedtuple

import pytest
import torch

from efficientmod_mobile.output_names import tensors_with_names

T = torch.zeros(1)
Features = namedtuple("Features", "map pooled")


@pytest.mark.parametrize(
    ("outputs", "names"),
    [
        (T, (None,)),
        ((T, (T,)), (None, None)),
        (Features(T, T), ("map", "pooled")),
        ({"boxes": T, "aux": {"map": T, "levels": [T, T]}}, ("boxes", "aux.map", "aux.levels.0", "aux.levels.1")),
        ({"out": Features(T, [T])}, ("out.map", "out.pooled.0")),
        (({"x": T}, T), ("output_0.x", None)),
        ({"none": None, "number": 3, "x": T}, ("x",)),
        ({"a b/c": T, 3: T, "": T}, ("a_b_c", "output_3", "_")),
        ({"image": T, "IMAGE": T, "input": T}, ("image_2", "IMAGE_3", "input_2")),  # what the inputs are called
    ],
)
def test_names(outputs: object, names: tuple[str | None, ...]) -> None:
    tensors, found = tensors_with_names(outputs, torch.Tensor)
    assert found == names
    assert len(tensors) == len(names)
