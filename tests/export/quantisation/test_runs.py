"""What the outputs change by where a layer reads rounded inputs."""

import pytest
import torch
from torch import Tensor, fx, nn

from efficientmod_export.quantisation import Form, costliest, in_256_steps, layer_costs, round_weights, rounded_layers
from efficientmod_export.quantisation._runs import Run
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.deploy.analysis import Layer, layer_of
from efficientmod_mobile.deploy.program import module_path

from ..targets.conftest import strengthen


class Outlier(nn.Module):
    """One small layer reads a channel a thousand times larger than the others, which its weights undo."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = nn.Conv2d(3, 16, 3, stride=2), nn.Conv2d(16, 64, 3, padding=1)
        self.second, self.narrow, self.wide = nn.Conv2d(64, 8, 3), nn.Conv2d(8, 6, 1), nn.Conv2d(6, 64, 3)
        self.register_buffer("scale", torch.tensor([1000.0] + [1.0] * 7).reshape(1, 8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.second(torch.relu(self.first(torch.relu(self.stem(x))))))
        return self.wide(torch.relu(self.narrow(x * self.scale)))


@pytest.fixture(scope="module")
def program() -> Program:
    network = Outlier()
    strengthen(network)
    with torch.no_grad():
        network.narrow.weight[:, 0] /= 1000
    return capture(network, torch.zeros(1, 3, 24, 32))


@pytest.fixture(scope="module")
def inputs() -> list[tuple[Tensor, ...]]:
    torch.manual_seed(4)
    return [(torch.randn(1, 3, 24, 32),) for _ in range(4)]


def test_the_layer_that_reads_an_outlier_is_found(program: Program, inputs: list[tuple[Tensor, ...]]) -> None:
    """It has 48 weights, and is the only layer for which 0.273 of float's size has room: 0.28 would be 653 bytes."""
    rounded = round_weights(program, inputs)
    names = {node.name: module_path(node) for node in rounded_layers(rounded.program)}
    room = Form(inputs="dynamic", of_float=0.273).room(program, rounded)
    costs = layer_costs(program, rounded.program, inputs, round_inputs=True)
    assert [names[one] for one in costliest(costs, room)] == ["narrow"]
    assert Form(inputs="dynamic").room(program, rounded) == 0


def test_a_share_is_what_the_whole_program_gives(program: Program, inputs: list[tuple[Tensor, ...]]) -> None:
    """Only what depends on the layer is computed again; here all of it is."""
    run = Run(program, inputs[0])
    (plain,) = program.graph_module(*inputs[0])
    for node in rounded_layers(program):
        layer = layer_of(node)
        assert isinstance(layer, Layer)
        copies: dict[fx.Node, fx.Node] = {}
        graph = fx.Graph()
        graph.output(graph.graph_copy(program.graph, copies))
        reader, read = copies[node], copies[layer.input]
        with graph.inserting_before(reader):
            reader.replace_input_with(read, graph.call_function(in_256_steps, (read,)))
        (changed,) = fx.GraphModule(program.graph_module, graph)(*inputs[0])
        expected = float((changed - plain).double().square().sum() / plain.double().square().sum())
        assert run.changed_by(node, run.rounded_input(node)) == pytest.approx(expected, rel=1e-4)
        assert expected > 0


def test_the_grid_of_256_steps_has_a_point_at_zero() -> None:
    x = torch.tensor([[-1.0, 0.0, 0.3, 254.0], [0.0, 0.001, 0.002, 0.255]])
    assert torch.equal(in_256_steps(x), torch.tensor([[-1.0, 0.0, 0.0, 254.0], [0.0, 0.0, 0.0, 0.0]]))
    assert torch.allclose(in_256_steps(x, (-1,))[1], x[1])
    assert torch.equal(in_256_steps(torch.zeros(3)), torch.zeros(3))
