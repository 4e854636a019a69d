"""Captured programs are functional, have one node per tensor, and share no memory with the module."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import Program, capture, run, to_dtype
from efficientmod_mobile.deploy.program._functionalisation import make_functional
from efficientmod_mobile.errors import ConversionError

from ....raising import refused

aten = torch.ops.aten


def targets(program: Program) -> list[str]:
    return [str(node.target) for node in program.graph.nodes if node.op == "call_function"]


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        z = nn.functional.relu_(y)
        return z + y  # y was overwritten: this is 2 relu


def test_in_place_operations_become_functional() -> None:
    x = torch.randn(1, 3, 7, 9)
    module = InPlace().eval()
    program = capture(module, x)
    assert "aten.relu.default" in targets(program)
    assert not any(target.endswith("_.default") for target in targets(program))
    assert torch.equal(run(program, x)[0], module(x))


class WritesIntoAView(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        y[:, :2].mul_(3.0)
        return y.flatten(1).view(2, -1)


def test_writing_into_a_view_becomes_functional_in_canonical_operators() -> None:
    x = torch.randn(1, 3, 7, 9)
    module = WritesIntoAView().eval()
    program = capture(module, x)
    assert torch.equal(run(program, x)[0], module(x))
    assert "aten.batch_norm.default" in targets(program)
    assert "aten.reshape.default" in targets(program)
    assert not {"aten.view.default", "aten._native_batch_norm_legit_no_training.default"} & set(targets(program))


class SeenThroughAView(nn.Module):
    """The view was taken before its tensor is overwritten, and read after."""

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(x)
        view = y.flatten(1)
        y.relu_()
        return view * 2


class KeepsItsDtype(nn.Module):
    """In place the sum is float32, out of place it would be float64."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x).add_(x.double())


@pytest.mark.parametrize("module", [SeenThroughAView(), KeepsItsDtype()], ids=["view", "dtype"])
def test_functional_operations_equal_the_in_place_ones(module: nn.Module) -> None:
    x = torch.randn(1, 3, 7, 9)
    result = run(capture(module.eval(), x), x)[0]
    assert result.dtype == torch.float32
    assert torch.equal(result, module(x))


def test_a_later_reader_of_an_overwritten_tensor_is_not_simplified() -> None:
    graph = torch.fx.Graph()
    x = graph.placeholder("x")
    fresh = graph.call_function(aten.tanh.default, (x,))
    graph.call_function(aten.relu_.default, (fresh,))
    graph.output((graph.call_function(aten.abs.default, (fresh,)),))
    for node in graph.nodes:
        node.meta["val"] = torch.zeros(3)
    assert not make_functional(graph)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(9, 9)
        self.second = nn.Linear(9, 9)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> dict[str, Any]:
        y = self.first(x)
        return {"one": y, "rest": [self.second(y), None]}


def test_tied_weights_are_one_node_and_outputs_a_flat_tuple() -> None:
    x = torch.randn(1, 3, 7, 9)
    module = Tied().eval()
    program = capture(module, x)
    weights = [node for node in program.graph.find_nodes(op="get_attr") if "weight" in str(node.target)]
    assert len(weights) == 1
    assert len(weights[0].users) == 2
    outputs = run(program, x)
    expected = module(x)
    assert len(outputs) == 2
    assert torch.equal(outputs[0], expected["one"])
    assert torch.equal(outputs[1], expected["rest"][0])


def test_nodes_record_shapes_and_modules() -> None:
    program = capture(InPlace().eval(), torch.randn(1, 3, 7, 9))
    conv = next(node for node in program.graph.nodes if node.target == torch.ops.aten.conv2d.default)
    assert tuple(conv.meta["val"].shape) == (1, 4, 5, 7)
    assert list(conv.meta["nn_module_stack"].values())[-1][0] == "conv"
    assert program.node_count == 4
    assert {str(node.target) for node in program.graph.find_nodes(op="get_attr")} >= {"conv.weight", "norm.running_var"}


def test_the_module_is_not_changed() -> None:
    module = InPlace().eval()
    program = capture(module, torch.randn(1, 3, 7, 9))
    before = module.conv.weight.detach().clone()
    with torch.no_grad():
        program.graph_module.get_parameter("conv.weight").mul_(2.0)
    assert torch.equal(module.conv.weight, before)
    assert module.conv.weight.requires_grad


def test_training_mode_is_named() -> None:
    module = InPlace().eval()
    module.norm.train()
    with refused(ConversionError, "training_mode", "norm"):
        capture(module, torch.randn(1, 3, 7, 9))


@pytest.mark.parametrize("example", [torch.zeros(1, 3, 7, 9, dtype=torch.float64), torch.zeros(1, 3, 0, 9)])
def test_an_example_that_is_no_input_is_named(example: Tensor) -> None:
    with refused(ConversionError, "wrong_example_input"):
        capture(InPlace().eval(), example)


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x


def test_data_dependent_control_flow_is_refused_in_one_sentence() -> None:
    with refused(ConversionError, "capture_failed", "Branching") as caught:
        capture(Branching().eval(), torch.randn(1, 3, 7, 9))
    assert "\n" not in str(caught.value)


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.calls


def test_writing_into_a_buffer_is_refused() -> None:
    with refused(ConversionError, "buffer_mutation"):
        capture(Counting().eval(), torch.randn(1, 3, 7, 9))


class Casting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor([2, 0, 1]))
        self.register_buffer("scale", torch.tensor([1.5, 2.5, 3.5]))

    def forward(self, x: Tensor) -> Tensor:
        ramp = torch.arange(x.shape[-1], dtype=torch.float32)
        return (x[:, self.order] * self.scale.view(-1, 1, 1)).to(torch.float32) + ramp


def test_to_dtype_changes_all_dtypes_and_back() -> None:
    x = torch.randn(1, 3, 7, 9)
    program = capture(Casting().eval(), x)
    double = to_dtype(program, torch.float64)
    assert run(double, x.double())[0].dtype == torch.float64
    assert double.dtype == torch.float64
    dtypes = {node.meta["val"].dtype for node in double.graph.nodes if "val" in node.meta}
    assert dtypes == {torch.float64, torch.int64}
    single = to_dtype(double, torch.float32)
    assert torch.equal(run(single, x)[0], run(program, x)[0])
    assert {node.meta["val"].dtype for node in program.graph.nodes if "val" in node.meta} == {
        torch.float32,
        torch.int64,
    }
    with pytest.raises(ValueError, match="float32 or float64"):
        to_dtype(program, torch.float16)


class WithoutAutocast(nn.Module):
    """As attention in float32 is written for training in half: regions, one in another, and outputs of both."""

    def __init__(self, *, enabled: bool = False) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 1)
        self.enabled = enabled

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.first(x)
        with torch.autocast("cpu", enabled=self.enabled):
            z = y.float().flatten(2) * 2
            with torch.autocast("cpu", enabled=False):
                weights = z.sum(-1).softmax(-1)
            scaled = y * weights[..., None, None]
        return self.last(scaled), z


def test_a_disabled_autocast_is_inlined() -> None:
    x, module = torch.randn(1, 3, 7, 9), WithoutAutocast().eval()
    program = capture(module, x)
    assert all(target.startswith("aten.") for target in targets(program))
    for found, expected in zip(run(program, x), module(x), strict=True):
        assert torch.equal(found, expected)


def test_autocast_is_refused() -> None:
    with refused(ConversionError, "nested_graph", "torch.bfloat16"):
        capture(WithoutAutocast(enabled=True).eval(), torch.randn(1, 3, 7, 9))


class Creates(nn.Module):
    """Operators that take float64 only together with float64 meet tensors that the network makes itself."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        smooth = nn.functional.conv2d(x, torch.ones(3, 1, 3, 3) / 9, groups=3)
        rows, columns = torch.meshgrid(torch.linspace(-1, 1, 5), torch.arange(-1.0, 1.0, 0.5), indexing="ij")
        sampled = nn.functional.grid_sample(x, torch.stack((columns, rows), -1)[None], align_corners=False)
        return smooth, sampled, x @ torch.eye(9), x @ torch.zeros(9, 2), torch.full((2, 7), 0.5) @ x


def test_created_tensors_follow_the_programs_dtype() -> None:
    x = torch.randn(1, 3, 7, 9)
    module = Creates().eval()
    program = capture(module, x)
    double = run(to_dtype(program, torch.float64), x.double())
    for single, ours, expected in zip(run(program, x), double, module(x), strict=True):
        assert torch.equal(single, expected)
        assert ours.dtype == torch.float64
        torch.testing.assert_close(ours.float(), expected)


class ChoosesGradients(nn.Module):
    """Regions, one in another, and one that computes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.first(x)
        with torch.enable_grad():
            z = y * 2
            with torch.no_grad():
                scaled = self.last(z).sigmoid()
        return scaled, z


@pytest.mark.parametrize("gradients", [True, False])
def test_a_gradient_mode_is_inlined(gradients: bool) -> None:
    x, module = torch.randn(1, 3, 7, 9), ChoosesGradients().eval()
    with torch.set_grad_enabled(gradients):
        program = capture(module, x)
    assert all(target.startswith("aten.") for target in targets(program))
    for found, expected in zip(run(program, x), module(x), strict=True):
        assert torch.equal(found, expected)


def test_a_condition_on_the_input_is_refused() -> None:
    class Condition(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x * 3, (x,))

    with refused(ConversionError, "nested_graph", "cond"):
        capture(Condition().eval(), torch.randn(1, 3, 7, 9))
