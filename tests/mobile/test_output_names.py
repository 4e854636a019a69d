"""Names of outputs from what they lie in."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture, run
from efficientmod_mobile.output_names import distinct, take_apart, tensors_with_names

T = torch.zeros(1)
Features = namedtuple("Features", "map pooled")


class ModelOutput(OrderedDict[str, Any]):
    """As transformers has one: it takes its items as keywords."""

    def __init__(self, **items: Any) -> None:
        super().__init__({key: item for key, item in items.items() if item is not None})


class Scores(OrderedDict[str, Any]):
    """A dictionary that is made as one."""


@dataclass
class Heads:
    boxes: Tensor
    aux: Any = None


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
        ({"a.b": T, "a": {"b": T}}, ("a_b", "a.b_2")),  # Core ML has no dots in names
        ({"image": T, "IMAGE": T, "input": T}, ("image_2", "IMAGE_3", "input_2")),  # what the inputs are called
    ],
)
def test_names(outputs: object, names: tuple[str | None, ...]) -> None:
    tensors, found = tensors_with_names(outputs, torch.Tensor)
    assert found == names
    assert len(tensors) == len(names)


def test_no_output_has_an_inputs_name() -> None:
    assert distinct(("state", None, "map"), ["State", "x"]) == ("state_2", None, "map")


class Net(nn.Module):
    def __init__(self, give: Any) -> None:
        super().__init__()
        self.give = give

    def forward(self, x: Tensor) -> Any:
        return self.give(x + 1, x * 2)


@pytest.mark.parametrize(
    ("give", "names"),
    [
        (lambda a, b: ModelOutput(logits=a, hidden=None, map=b), ("logits", "map")),
        (lambda a, b: Scores(logits=a, map=b), ("logits", "map")),
        (lambda a, b: Heads(a, {"map": b}), ("boxes", "aux.map")),
        (lambda a, b: [Heads(a), ModelOutput(inner=Heads(b))], ("output_0.boxes", "output_1.inner.boxes")),
    ],
)
def test_types_of_the_networks_own_are_taken_apart(give: Any, names: tuple[str, ...]) -> None:
    net, x = Net(give).eval(), torch.arange(3.0)
    take_apart(net(x))
    program = capture(net, x)
    assert program.output_names == tensors_with_names(net(x), Tensor)[1] == names
    assert [value.tolist() for value in run(program, x)] == [[1, 2, 3], [0, 2, 4]]
