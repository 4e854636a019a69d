"""Editing a graph keeps shapes, names and parameters correct."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import Program, capture, run
from efficientmod_mobile.deploy.program._graph import (
    add_parameter,
    arguments,
    clean,
    emit,
    is_call,
    module_path,
    only_user,
    replace,
    set_argument,
    set_parameter,
    shape,
    tensor_of,
    where,
)

aten = torch.ops.aten


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU())
        self.head = nn.Conv2d(4, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stem(x))


@pytest.fixture
def program() -> Program:
    return capture(Net().eval(), torch.randn(1, 3, 7, 9))


def find(program: Program, index: int) -> torch.fx.Node:
    return program.graph.find_nodes(op="call_function", target=aten.conv2d.default)[index]


def test_arguments_have_names_and_defaults(program: Program) -> None:
    bound = arguments(find(program, 0))
    assert set(bound) == {"input", "weight", "bias", "stride", "padding", "dilation", "groups"}
    assert bound["bias"] is None
    assert bound["groups"] == 1


def test_a_parameter_is_read_and_replaced_under_its_name(program: Program) -> None:
    conv = find(program, 0)
    weight = tensor_of(arguments(conv)["weight"])
    assert weight is not None
    set_parameter(conv, "weight", "unused", 2 * weight)
    assert str(arguments(conv)["weight"].target) == "stem.0.weight"
    assert torch.equal(program.graph_module.get_parameter("stem.0.weight"), 2 * weight)


def test_a_new_parameter_gets_the_given_name_and_a_number_when_it_is_taken(program: Program) -> None:
    conv = find(program, 0)
    set_parameter(conv, "bias", "stem.0.bias", torch.ones(4))
    assert str(arguments(conv)["bias"].target) == "stem.0.bias"
    taken = add_parameter(conv, "stem.0.bias", torch.zeros(4))
    assert str(taken.target) == "stem.0.bias_1"
    assert shape(taken) == (4,)
    elsewhere = add_parameter(conv, "new.place.indices", torch.zeros(2, dtype=torch.int64))
    assert str(elsewhere.target) == "new.place.indices"


def test_a_shared_parameter_keeps_its_other_reader(program: Program) -> None:
    head = find(program, 1)
    bias = arguments(head)["bias"]
    emit(head, aten.mul.Tensor, (bias, 2.0))
    set_parameter(head, "bias", "head.own_bias", torch.zeros(5))
    assert len(bias.users) == 1
    assert str(arguments(head)["bias"].target) == "head.bias_1"


def test_a_new_node_has_a_shape_and_a_module(program: Program) -> None:
    head = find(program, 1)
    relu = head.args[0]
    assert isinstance(relu, torch.fx.Node)
    pooled = emit(head, aten.avg_pool2d.default, (relu, [2, 2]), like=relu)
    assert shape(pooled) == (1, 4, 2, 3)
    assert where(pooled).startswith("stem.1 (")
    assert only_user(pooled) is None


def test_an_argument_is_set_by_name(program: Program) -> None:
    conv = find(program, 0)
    set_argument(conv, "dilation", [2, 2])
    assert arguments(conv)["dilation"] == [2, 2]
    assert arguments(conv)["padding"] in (0, [0, 0])
    soft = emit(conv, aten.scaled_dot_product_attention.default, (conv.args[0],) * 3)
    set_argument(soft, "scale", 1.0)
    assert soft.kwargs == {"scale": 1.0}


def test_unused_nodes_are_removed_with_their_parameters(program: Program) -> None:
    conv, head = find(program, 0), find(program, 1)
    x = conv.args[0]
    relu = head.args[0]
    assert isinstance(x, torch.fx.Node)
    assert isinstance(relu, torch.fx.Node)
    replace(relu, emit(relu, aten.cat.default, ([x, x], 1)))
    set_parameter(head, "weight", "", torch.ones(5, 6, 1, 1))
    clean(program.graph_module)
    assert {name for name, _ in program.graph_module.named_parameters()} == {"head.weight", "head.bias"}
    assert not any(is_call(node, aten.relu.default) for node in program.graph.nodes)
    assert run(program, torch.randn(1, 3, 7, 9))[0].shape == (1, 5, 7, 9)


class CalledTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(nn.Sequential(nn.Conv2d(3, 3, 1)))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.blocks(self.blocks(x)))


def test_every_call_of_a_module_has_the_path_of_the_module() -> None:
    program = capture(CalledTwice().eval(), torch.randn(1, 3, 7, 9))
    convolutions = program.graph.find_nodes(op="call_function", target=aten.conv2d.default)
    assert [list(node.meta["nn_module_stack"])[-1][-2:] for node in convolutions] == [".0", "@1"]
    assert [module_path(node) for node in convolutions] == ["blocks.0.0", "blocks.0.0"]
    (tanh,) = program.graph.find_nodes(op="call_function", target=aten.tanh.default)
    assert module_path(tanh) == ""


def test_a_modules_path_excludes_the_number_of_the_call(program: Program) -> None:
    conv = find(program, 0)
    conv.meta["nn_module_stack"] = {"stem": ("stem", nn.Sequential), "stem.0@1": ("stem.0@1", nn.Conv2d)}
    assert module_path(conv) == "stem.0"
    assert where(conv) == f"stem.0 ({conv.name})"
    conv.meta["nn_module_stack"] = {}
    assert module_path(conv) == ""
