"""Operators in forms that the Vulkan runtime computes right: each equal in float64, and each reason to refuse."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import (
    ActivationsInParts,
    DepthwiseKernels,
    FractionalResize,
    GeluBySigmoid,
    LayerNormAffine,
    Program,
    Recipe,
    ReductionsKeepAxes,
    SoftmaxInParts,
    TanhGeluBySigmoid,
    UngroupConvolutions,
    apply,
    capture,
    run,
)
from efficientmod_mobile.deploy.forms.vulkan import GELU_ERROR
from efficientmod_mobile.deploy.forms.vulkan._grouped_convolutions import LARGEST_DENSE

from ...conftest import Result, Transformed

SHAPE = (1, 6, 19, 26)
Build = Callable[[], nn.Module]


class Net(nn.Module):
    """The function between two operators that have no other form."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.function(torch.sin(x)))


def convolution(kernel: int | tuple[int, int], groups: int = 6, outputs: int = 6, **settings: object) -> Build:
    return lambda: nn.Conv2d(6, outputs, kernel, groups=groups, **settings)  # type: ignore[arg-type]


def calls(result: Result, name: str) -> list[tuple[int, ...]]:
    """The kernel sizes of the convolutions, as they stand in the graph, or the shapes of what others give."""
    nodes = [node for node in result.program.graph.nodes if getattr(node.target, "_opname", "") == name]
    return [tuple((node.args[1] if name == "conv2d" else node).meta["val"].shape) for node in nodes]


PADDED: dict[str, Build] = {
    "7x7": convolution(7, padding=3),
    "even": convolution(4, padding=2),
    "2x2": convolution(2, padding=1),
    "wide": convolution((3, 7), padding=(1, 3)),
    "no bias": convolution(7, padding=2, bias=False),
    "stride and dilation of 2": convolution(7, padding=6, stride=2, dilation=2),
    "the same on both sides": convolution(7, padding="same"),
    "not the same on both sides": convolution(4, padding="same"),
}


@pytest.mark.parametrize("build", PADDED.values(), ids=PADDED)
def test_a_depthwise_kernel_is_padded_first(transformed: Transformed, build: Build) -> None:
    result = transformed(build(), SHAPE, (DepthwiseKernels(),))
    assert result.applied() == {"depthwise_kernels": 1}
    assert result.operators() == {"constant_pad_nd": 1, "conv2d": 1}
    (convolved,) = result.program.graph.find_nodes(op="call_function", target=torch.ops.aten.conv2d.default)
    assert convolved.args[4] == [0, 0]


IN_BLOCKS: dict[str, tuple[Build, list[tuple[int, int]]]] = {
    "7x7, stride 2": (convolution(7, padding=3, stride=2), [(5, 5), (5, 5), (5, 5), (3, 3)]),
    "7x7, dilated": (convolution(7, padding=9, dilation=3), [(5, 5), (5, 5), (5, 5), (3, 3)]),
    "stride 3, no padding": (convolution(7, stride=3), [(5, 5), (5, 5), (5, 5), (3, 3)]),
    "no bias": (convolution(6, stride=2, padding=1, bias=False), [(5, 5), (5, 5), (5, 5), (3, 3)]),
    "one stride": (convolution((5, 9), stride=(1, 2), padding=(2, 4)), [(5, 5), (5, 5)]),
    "4x4": (convolution(4, padding=1, stride=2), [(5, 5)]),
    "2x3": (convolution((2, 3), padding=1, stride=2), [(3, 3)]),
    "1x1": (convolution(1, stride=2), [(3, 3)]),
    "dilated, the same on both sides": (convolution(4, padding="same", dilation=3), [(5, 5)]),
    "strides that leave pixels out": (convolution(4, stride=5), [(5, 5)]),
}


@pytest.mark.parametrize(("build", "kernels"), IN_BLOCKS.values(), ids=IN_BLOCKS)
def test_a_depthwise_kernel_that_is_missing_is_cut_into_blocks(
    transformed: Transformed, build: Build, kernels: list[tuple[int, int]]
) -> None:
    result = transformed(build(), SHAPE, (DepthwiseKernels(),))
    assert result.applied() == {"depthwise_kernels": 1}
    assert [weight[2:] for weight in calls(result, "conv2d")] == kernels
    assert result.operators()["add"] == len(kernels) - 1


@pytest.mark.parametrize(
    "build",
    [convolution(3, padding=1, stride=2), convolution(5, padding=2), convolution(7), convolution(7, 1, padding=3)],
)
def test_other_depthwise_kernels_are_left_alone(transformed: Transformed, build: Build) -> None:
    assert transformed(build(), SHAPE, (DepthwiseKernels(),)).applied() == {}


UNGROUPED: dict[str, tuple[Build, dict[str, int]]] = {
    "1x1": (convolution(1, 2), {"conv2d": 1}),
    "1x1, to more": (convolution(1, 3, 9, bias=False), {"conv2d": 1}),
    "3x3, three a group": (convolution(3, 2, 8, padding=1, stride=2), {"conv2d": 1}),
    "two for each": (convolution(7, 6, 12, padding=3, stride=2), {"conv2d": 2, "reshape": 3, "cat": 1}),
    "three for each": (convolution(3, 6, 18, padding="same", bias=False), {"conv2d": 3, "reshape": 4, "cat": 1}),
}


@pytest.mark.parametrize(("build", "operators"), UNGROUPED.values(), ids=UNGROUPED)
def test_groups_are_written_out(transformed: Transformed, build: Build, operators: dict[str, int]) -> None:
    result = transformed(build(), SHAPE, (UngroupConvolutions(),))
    assert result.applied() == {"ungroup_convolutions": 1}
    assert result.operators() == operators


def test_large_groups_get_a_convolution_each(transformed: Transformed) -> None:
    side = LARGEST_DENSE // 1024 + 2
    build = nn.Conv2d(side, 1024, 1, groups=2)
    result = transformed(build, (1, side, 3, 5), (UngroupConvolutions(),))
    assert result.operators() == {"conv2d": 2, "slice": 2, "cat": 1}


def test_groups_that_the_runtime_computes_right_are_left_alone(transformed: Transformed) -> None:
    assert transformed(nn.Conv2d(8, 12, 3, groups=1), (1, 8, 6, 9), (UngroupConvolutions(),)).applied() == {}
    assert transformed(nn.Conv2d(8, 16, 3, groups=2), (1, 8, 6, 9), (UngroupConvolutions(),)).applied() == {}
    assert transformed(convolution(3)(), SHAPE, (UngroupConvolutions(),)).applied() == {}


ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], dict[str, int]]] = {
    "PReLU": (lambda: nn.PReLU(6), {"relu": 2, "neg": 1, "mul": 1, "sub": 1}),
    "PReLU with one slope": (nn.PReLU, {"relu": 2, "neg": 1, "mul": 1, "sub": 1}),
    "Mish": (nn.Mish, {"sigmoid": 2, "neg": 1, "mul": 3, "add": 2, "div": 1}),
}


@pytest.mark.parametrize(("build", "operators"), ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_activations_are_written_in_parts(transformed: Transformed, build: Build, operators: dict[str, int]) -> None:
    result = transformed(build(), SHAPE, (ActivationsInParts(),))
    assert result.operators() == operators


PRODUCTS = {"linear": 2, "permute": 2}
OTHERS: dict[str, tuple[Callable[[Tensor], Tensor], Recipe, dict[str, int]]] = {
    "tanh GELU": (
        lambda x: F.gelu(4 * x, approximate="tanh"), (TanhGeluBySigmoid(),), {"mul": 5, "add": 1, "sigmoid": 1},
    ),
    "softmax over the last axis": (
        lambda x: (9 * x).softmax(-1), (SoftmaxInParts(),),
        {"mul": 1, "amax": 1, "sub": 1, "exp": 1, "sum": 1, "div": 1},
    ),
    "softmax over channels": (
        lambda x: x.softmax(1), (SoftmaxInParts(),), {"amax": 1, "sub": 1, "exp": 1, "sum": 1, "div": 1},
    ),
    "LayerNorm without weight": (lambda x: F.layer_norm(x, (26,)), (LayerNormAffine(),), {"layer_norm": 1}),
    "mean over pixels": (lambda x: x.mean((2, 3)), (ReductionsKeepAxes(),), {"mean": 1, "reshape": 1}),
    "largest of a row": (lambda x: x.amax(-1), (ReductionsKeepAxes(),), {"amax": 1, "reshape": 1}),
    "pooling to one pixel": (lambda x: F.adaptive_avg_pool2d(x, 1), (ReductionsKeepAxes(),), {"mean": 1}),
    "pooling to more": (
        lambda x: F.adaptive_avg_pool2d(x, (1, 2)), (ReductionsKeepAxes(),), {"avg_pool2d": 1},
    ),
    "pooling in unlike windows": (
        lambda x: F.adaptive_avg_pool2d(x, (2, 3)), (ReductionsKeepAxes(),), {"adaptive_avg_pool2d": 1},
    ),
    "sum that keeps its axes": (lambda x: x.sum(1, keepdim=True), (ReductionsKeepAxes(),), {"sum": 1}),
    "nearest pixels by a fraction": (lambda x: F.interpolate(x, size=(31, 50)), (FractionalResize(),), PRODUCTS),
    "fewer nearest pixels": (lambda x: F.interpolate(x, size=(9, 12)), (FractionalResize(),), PRODUCTS),
    "nearest pixels by a whole factor": (
        lambda x: F.interpolate(x, scale_factor=2), (FractionalResize(),), {"upsample_nearest2d": 1},
    ),
    "bilinear, a size that is cut": (
        lambda x: F.interpolate(x, scale_factor=1.3, mode="bilinear"), (FractionalResize(),), PRODUCTS,
    ),
    "bilinear to a size": (
        lambda x: F.interpolate(x, size=(31, 50), mode="bilinear"), (FractionalResize(),), {"upsample_bilinear2d": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "recipe", "operators"), OTHERS.values(), ids=OTHERS)
def test_other_operators_get_their_form(
    transformed: Transformed, function: Callable[[Tensor], Tensor], recipe: Recipe, operators: dict[str, int]
) -> None:
    result = transformed(Net(function), SHAPE, recipe)
    assert result.operators() == {"sin": 1, "tanh": 1, **operators}


def test_a_layer_norm_gets_ones_and_zeros(transformed: Transformed) -> None:
    result = transformed(Net(lambda x: F.layer_norm(x, (26,))), SHAPE, (LayerNormAffine(),))
    (norm,) = result.program.graph.find_nodes(op="call_function", target=torch.ops.aten.layer_norm.default)
    weight, bias = (result.program.graph_module.get_parameter(str(node.target)) for node in norm.args[2:4])
    assert torch.equal(weight, torch.ones(26).double())
    assert torch.equal(bias, torch.zeros(26).double())


class Shared(nn.Module):
    """One convolution on two tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(6, 6, 7, padding=3, groups=6)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(torch.relu(self.convolution(x)))


REFUSED: dict[str, tuple[nn.Module, Recipe, str]] = {
    "softplus": (Net(F.softplus), (ActivationsInParts(),), "needs a logarithm"),
    "a norm over several axes": (Net(lambda x: F.layer_norm(x, x.shape[1:])), (LayerNormAffine(),), "several axes"),
    "many large groups": (
        nn.Conv2d(2 * 680, 4 * 680, 1, groups=680), (UngroupConvolutions(),), "680 groups are too many",
    ),
    "transposed": (nn.ConvTranspose2d(6, 6, 2, groups=2), (UngroupConvolutions(),), "transposed"),
    "over a line": (nn.Sequential(nn.Flatten(2), nn.Conv1d(6, 6, 3, groups=2)), (UngroupConvolutions(),), "H and W"),
    "shared": (Shared(), (DepthwiseKernels(),), "shares its weights"),
    "a vast kernel": (nn.Conv2d(6, 6, 16, stride=2, padding=8, groups=6), (DepthwiseKernels(),), "more than 9 blocks"),
}  # fmt: skip


@pytest.mark.parametrize(("module", "recipe", "reason"), REFUSED.values(), ids=REFUSED)
def test_refusals_say_why(transformed: Transformed, module: nn.Module, recipe: Recipe, reason: str) -> None:
    channels = 1360 if isinstance(module, nn.Conv2d) and module.groups == 680 else 6
    result = transformed(module, (1, channels, 19, 26), recipe)
    assert result.applied() == {}
    assert all(reason in refusal for refusal in result.refused(recipe[0].name))  # type: ignore[union-attr]
    assert result.refused(recipe[0].name)  # type: ignore[union-attr]


def test_a_softmax_in_another_dtype_is_refused() -> None:
    program = capture(Net(lambda x: x.softmax(-1, dtype=torch.float64).float()).eval(), torch.zeros(SHAPE))
    (step,) = apply((SoftmaxInParts(),), program)
    assert step.applied == 0
    assert [refusal.reason for refusal in step.refused] == ["it converts its input to another dtype"]


class Gelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x)


def approximated(dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    program: Program = capture(Gelu().eval(), torch.zeros(1, 1, 500, 800))
    assert [step.applied for step in apply((GeluBySigmoid(),), program)] == [1]
    return lambda x: run(program, x.to(dtype))[0]


def test_the_approximation_of_gelu_keeps_its_bound() -> None:
    x = torch.linspace(-16, 16, 400_000, dtype=torch.float64).reshape(1, 1, 500, 800)
    single = approximated(torch.float32)(x)
    assert GELU_ERROR / 4 < (single.double() - F.gelu(x.float().double())).abs().max() < GELU_ERROR
    exact = approximated(torch.float64)(x)
    assert (exact - F.gelu(x)).abs().max() < 6.1e-7
    # Far away it is the identity, or zero.
    far = torch.tensor([-6e4, -40.0, 40.0, 6e4]).repeat(100_000).reshape(1, 1, 500, 800)
    assert torch.equal(approximated(torch.float32)(far), far.clamp(min=0))


def test_other_gelus_are_not_approximated() -> None:
    program = capture(Net(lambda x: F.gelu(x, approximate="tanh")).eval(), torch.zeros(SHAPE))
    assert [step.applied for step in apply((GeluBySigmoid(),), program)] == [0]
