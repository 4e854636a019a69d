"""Each rule on a program that breaks it and on one that just does not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from efficientmod_export.lint import RULES, LintReport


class Net(nn.Module):
    """Layers, joined by one expression of them and the inputs."""

    def __init__(self, expression: Callable[..., Any], *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.expression = expression

    def forward(self, *inputs: Tensor) -> Any:
        return self.expression(*self.layers, *inputs)


Shapes = tuple[tuple[int, ...], ...]


@dataclass
class Case:
    """A module and input shapes that break a rule, what the findings say, and ones that do not."""

    breaks: nn.Module
    on: Shapes
    details: list[str]
    passes: nn.Module
    passes_on: Shapes
    options: dict[str, Any] = field(default_factory=dict)
    passes_options: dict[str, Any] | None = None


def net(expression: Callable[..., Any]) -> Net:
    return Net(expression)


def quantised(granularity: str) -> Callable[[Any, Any], Any]:
    def change(ct: Any, model: Any) -> Any:
        config = ct.optimize.coreml.OpLinearQuantizerConfig(
            mode="linear_symmetric", dtype="int4", granularity=granularity, block_size=8, weight_threshold=1
        )
        whole = ct.optimize.coreml.OptimizationConfig(global_config=config)
        return ct.optimize.coreml.linear_quantize_weights(model, whole)

    return change


def conv(inputs: int, outputs: int, kernel: Any, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, **options)


LINEAR = nn.Linear(6, 5)
ROWS = torch.export.Dim("rows", min=4, max=16)
RANGE = {
    "dynamic": ({0: ROWS},),
    "inputs": lambda ct: [ct.Shape((ct.RangeDim(lower_bound=4, upper_bound=16, default=8), 6))],
}
ENUMERATED = {"dynamic": ({0: ROWS},), "inputs": lambda ct: [ct.EnumeratedShapes([(8, 6), (4, 6)])]}
IMAGE: Shapes = ((1, 4, 6, 40),)
PAIR: Shapes = ((1, 3, 5, 40), (1, 3, 40, 5))

CASES = {
    "rank-above-4": Case(
        net(lambda x: x.reshape(1, 2, 2, 6, 40).relu()),
        IMAGE,
        ["gives (1, 2, 2, 6, 40)"] * 2,
        net(lambda x: x.reshape(2, 2, 6, 40).relu()),
        IMAGE,
    ),
    "linear-channels-last": Case(LINEAR, ((1, 7, 6),), ["reads (1, 7, 6)"], LINEAR, ((7, 6),)),
    "last-axis-one": Case(
        net(lambda x: x.mean(3, keepdim=True)),
        IMAGE,
        ["gives (1, 4, 6, 1): 48 bytes take 1536"],
        net(lambda x: x.mean(2)),
        IMAGE,
    ),
    "last-axis-padded": Case(
        nn.ReLU(), ((1, 4, 6, 16),), ["gives (1, 4, 6, 16): 768 bytes take 1536"], nn.ReLU(), ((1, 4, 6, 17),)
    ),
    "transpose-between-heavy": Case(
        Net(lambda a, b, x: b(a(x).permute(0, 2, 3, 1)), conv(4, 6, 1), LINEAR),
        IMAGE,
        ["(1, 6, 6, 40) to (1, 6, 40, 6) by (0, 2, 3, 1)"],
        Net(lambda a, x: a(x).permute(0, 2, 3, 1), conv(4, 6, 1)),
        IMAGE,
    ),
    "reshape-between-heavy": Case(
        Net(lambda a, b, x: b(a(x).relu().reshape(40, 6)), conv(4, 1, 1), LINEAR),
        IMAGE,
        ["(1, 1, 6, 40) to (40, 6)"],
        Net(  # one before all heavy operators, and one that takes away axes of length 1
            lambda a, b, x: b(a(x.reshape(1, 4, 24, 10)).mean((2, 3), keepdim=True).reshape(1, 6)),
            conv(4, 6, 1),
            nn.Linear(6, 5),
        ),
        IMAGE,
    ),
    "attention-all-heads": Case(
        net(torch.matmul), PAIR, ["(1, 3, 5, 40) and (1, 3, 40, 5)"], net(torch.matmul), ((1, 1, 5, 40), (1, 1, 40, 5))
    ),
    "no-engine-path": Case(
        net(lambda x: torch.where(torch.logical_and(x > 0, x < 2), x, -x)),
        IMAGE,
        ["no path on any chip"],
        net(lambda x: torch.where(x > 0, x, -x)),
        IMAGE,
    ),
    "later-chips": Case(net(torch.sin), IMAGE, ["from M3 on"], net(torch.atan), IMAGE),
    "gather": Case(
        net(lambda x: x[:, torch.tensor([0, 3, 1])]),
        IMAGE,
        ["(1, 4, 6, 40) to (1, 3, 6, 40)"],
        net(lambda x: x[:, 1:]),
        IMAGE,
    ),
    "topk": Case(
        net(lambda x: x.topk(2, dim=1)[0]), IMAGE, ["(1, 4, 6, 40) to (1, 2, 6, 40)"], net(lambda x: x.amax(1)), IMAGE
    ),
    "resize-in-software": Case(
        net(lambda x: F.interpolate(x, scale_factor=2, mode="nearest")),
        IMAGE,
        ["(1, 4, 6, 40) to (1, 4, 12, 80)"],
        nn.ConvTranspose2d(4, 4, 2, stride=2),
        IMAGE,
    ),
    "tile-factor": Case(
        net(lambda x: x.repeat(1, 6, 1, 1)), IMAGE, ["by (1, 6, 1, 1)"], net(lambda x: x.repeat(1, 4, 1, 1)), IMAGE
    ),
    "pad-reflect": Case(
        net(lambda x: F.pad(x, (1, 2, 3, 4), "reflect")),
        IMAGE,
        ["(1, 4, 6, 40) to (1, 4, 13, 43)"],
        net(lambda x: F.pad(x, (1, 2, 3, 4))),
        IMAGE,
    ),
    "pad-channels": Case(
        net(lambda x: F.pad(x, (0, 0, 0, 0, 1, 2))),
        IMAGE,
        ["by (0, 0, 1, 2, 0, 0, 0, 0)"],
        net(lambda x: F.pad(x, (1, 2, 3, 4))),
        IMAGE,
    ),
    "axis-extent": Case(nn.ReLU(), ((1, 16385),), ["gives (1, 16385)"], nn.ReLU(), ((1, 16384),)),
    "working-set": Case(nn.ReLU(), ((1, 4, 577, 512),), ["2.3 MB"], nn.ReLU(), ((1, 4, 512, 512),)),
    "product-of-rank-5": Case(
        net(torch.matmul),
        ((1, 2, 3, 5, 40), (1, 2, 3, 40, 5)),
        ["reads (1, 2, 3, 5, 40)"],
        net(torch.matmul),
        PAIR,
    ),
    "argument-axis": Case(
        net(lambda x: x.argmax(1)), ((1, 2049),), ["over 2049"], net(lambda x: x.argmax(1)), ((1, 2048),)
    ),
    "dynamic-shape": Case(LINEAR, ((8, 6),), ["(?, 6), range"], LINEAR, ((8, 6),), RANGE, {}),
    "norm-of-enumerated-shape": Case(
        nn.LayerNorm(6), ((8, 6),), ["gives (?, 6)"], nn.LayerNorm(6), ((8, 6),), ENUMERATED, RANGE
    ),
    "kernel-size": Case(conv(4, 2, (3, 14)), IMAGE, ["kernel (3, 14)"], conv(4, 2, (3, 13)), IMAGE),
    "kernel-over-7": Case(conv(4, 2, (1, 8)), IMAGE, ["kernel (1, 8)"], conv(4, 2, (1, 7)), IMAGE),
    "pool-window": Case(nn.MaxPool2d((1, 14)), IMAGE, ["window (1, 14)"], nn.MaxPool2d((1, 13)), IMAGE),
    "dilation": Case(conv(4, 2, 2, dilation=(1, 2)), IMAGE, ["dilations (1, 2)"], conv(4, 2, 2), IMAGE),
    "stride-factor": Case(conv(4, 2, 1, stride=(4, 5)), IMAGE, ["strides (4, 5)"], conv(4, 2, 1, stride=(4, 8)), IMAGE),
    "conv3d": Case(nn.Conv3d(4, 2, (1, 2, 3)), ((1, 4, 5, 6, 40),), ["kernel (1, 2, 3)"], conv(4, 2, (2, 3)), IMAGE),
    "computed-kernel": Case(
        net(F.conv2d), ((2, 4, 6, 40), (3, 4, 1, 2)), ["batch 2"], net(F.conv2d), ((1, 4, 6, 40), (3, 4, 1, 2))
    ),
    "float32": Case(
        nn.ReLU(),
        IMAGE,
        ["gives (1, 4, 6, 40) in float32"],
        nn.ReLU(),
        IMAGE,
        {"precision": "FLOAT32"},
        {"precision": "FLOAT16"},
    ),
    "cast-to-int32": Case(
        net(lambda x: x.to(torch.int32)), IMAGE, ["gives (1, 4, 6, 40)"], net(lambda x: x.floor()), IMAGE
    ),
    "slice-last-axis": Case(net(lambda x: x[..., 2:6]), IMAGE, ["from 2 on"], net(lambda x: x[:, 1:, :, :6]), IMAGE),
    "blockwise-weights": Case(
        nn.Linear(64, 32),
        ((1, 64),),
        ["scales (32, 8)"],
        nn.Linear(64, 32),
        ((1, 64),),
        {"ios": 18, "change": quantised("per_block")},
        {"ios": 18, "change": quantised("per_channel")},
    ),
    "channel-broadcast": Case(
        net(lambda x: x * x.mean((2, 3), keepdim=True)),
        IMAGE,
        ["(1, 4, 6, 40) and (1, 4, 1, 1)"],
        net(lambda x: x * torch.arange(4.0).reshape(1, 4, 1, 1)),
        IMAGE,
    ),
}


def lstm(mb: Any, x: Any) -> Any:
    weight, state = torch.zeros(8, 2).numpy(), torch.zeros(3, 2).numpy()
    return mb.lstm(x=x, initial_h=state, initial_c=state, weight_ih=weight, weight_hh=weight)


MIL_CASES = {
    "recurrent": (lstm, (5, 3, 2), ["no path on any chip"], lambda mb, x: mb.relu(x=x)),
    "computed-bounds": (
        lambda mb, x: mb.slice_by_size(x=x, begin=mb.reduce_argmax(x=x, axis=0, keep_dims=True), size=[2]),
        (7,),
        ["reads reduce_argmax_0"],
        lambda mb, x: mb.slice_by_size(x=x, begin=[3], size=[2]),
    ),
}


def details(report: LintReport, rule: str) -> list[str]:
    return [found.detail for group in report.groups if group.rule.id == rule for found in group.findings]


def examples(shapes: Shapes) -> list[Tensor]:
    return [torch.rand(shape) for shape in shapes]


def test_every_rule_has_a_case() -> None:
    assert sorted([*CASES, *MIL_CASES]) == sorted(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_program_breaks_the_rule_and_another_does_not(rule: str, lint: Callable[..., LintReport]) -> None:
    case = CASES[rule]
    assert details(lint(case.breaks, *examples(case.on), **case.options), rule) == case.details
    other = case.options if case.passes_options is None else case.passes_options
    assert details(lint(case.passes, *examples(case.passes_on), **other), rule) == []


@pytest.mark.parametrize("rule", MIL_CASES)
def test_what_pytorch_does_not_give(rule: str, lint_mil: Callable[..., LintReport]) -> None:
    breaks, shape, said, passes = MIL_CASES[rule]
    assert details(lint_mil(breaks, shape), rule) == said
    assert details(lint_mil(passes, shape), rule) == []
