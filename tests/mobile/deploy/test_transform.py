"""All transforms: registration, repetition, and a proof that names an inexact one."""

from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, fx, nn

from efficientmod_mobile.deploy import EXACT, TRANSFORMS, Refuse, Repeat, Transform, capture, deploy, register, run
from efficientmod_mobile.deploy.program._graph import emit, is_call, replace
from efficientmod_mobile.errors import ConversionError

from ...raising import refused

aten = torch.ops.aten


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.conv(x))


class SlightlyWrong(Transform[fx.Node]):
    """relu(x) -> relu(x) * (1 + 1e-9): far below what float32 shows."""

    name: ClassVar[str] = "slightly_wrong"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        wrong = isinstance(node.next, fx.Node) and is_call(node.next, aten.mul.Tensor)
        return node if is_call(node, aten.relu.default) and not wrong else None

    def rewrite(self, match: fx.Node) -> None:
        twin = emit(match, aten.relu.default, match.args)
        replace(match, emit(match, aten.mul.Tensor, (twin, 1 + 1e-9)))


class Endless(Transform[fx.Node]):
    """relu(x) -> relu(relu(x)), again and again."""

    name: ClassVar[str] = "endless"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        return node if is_call(node, aten.relu.default) else None

    def rewrite(self, match: fx.Node) -> None:
        replace(match, emit(match, aten.relu.default, (emit(match, aten.relu.default, match.args),)))


class Refusing(Transform[fx.Node]):
    """Refuses every convolution."""

    name: ClassVar[str] = "refusing"

    def check(self, node: fx.Node) -> fx.Node | Refuse | None:
        return Refuse("not today") if is_call(node, aten.conv2d.default) else None

    def rewrite(self, match: fx.Node) -> None:
        raise AssertionError


def small_program() -> Any:
    return capture(Net().eval(), torch.randn(1, 3, 11, 9))


def test_two_transforms_of_one_name_are_refused() -> None:
    class Twin(SlightlyWrong):
        name: ClassVar[str] = "identity"

    with pytest.raises(ValueError, match="two transforms are named 'identity'"):
        register(Twin)
    assert TRANSFORMS["identity"] is not Twin


def test_every_exact_transform_is_registered_once_and_documented() -> None:
    parts = [transform for part in EXACT for transform in (part.transforms if isinstance(part, Repeat) else (part,))]
    assert [TRANSFORMS[transform.name] for transform in parts] == [type(transform) for transform in parts]
    assert len({transform.name for transform in parts}) == len(parts)
    for transform in parts:
        assert type(transform).__doc__


def test_an_error_below_float32_rounding_is_found_and_its_transform_named() -> None:
    with refused(ConversionError, "inexact_transform", "slightly_wrong", "1.0e-09") as caught:
        deploy(small_program(), (Refusing(), SlightlyWrong()))
    assert "\n" not in str(caught.value)


def test_the_inexact_transform_is_named_inside_a_repeat() -> None:
    with refused(ConversionError, "inexact_transform", "slightly_wrong"):
        deploy(small_program(), (Repeat((Refusing(), SlightlyWrong())),))


def test_repeated_transforms_without_end_are_stopped() -> None:
    with refused(ConversionError, "endless_transform", "endless"):
        deploy(small_program(), (Repeat((Refusing(), Endless())),))


def test_the_certificate_has_steps_and_refusals() -> None:
    program = small_program()
    deployed = deploy(program, (Endless(), Refusing()))
    first, second = deployed.certificate.steps
    assert (first.transform, first.applied, first.refused) == ("endless", 1, ())
    assert (second.transform, second.applied) == ("refusing", 0)
    assert [(refusal.where, refusal.reason) for refusal in second.refused] == [("conv (conv2d)", "not today")]
    assert deployed.certificate.nodes_before == program.node_count == 2
    assert deployed.certificate.nodes_after == deployed.program.node_count == 3
    assert deployed.certificate.float64_error == 0.0
    assert 0.0 < deployed.certificate.float32_error < 1e-5


def test_the_given_program_is_not_changed() -> None:
    program = small_program()
    x = torch.randn(1, 3, 11, 9)
    before = run(program, x)[0]
    deployed = deploy(program, (Endless(),))
    assert program.node_count == 2
    assert torch.equal(run(program, x)[0], before)
    assert deployed.program.dtype == torch.float32


def test_a_network_that_returns_nan_is_refused() -> None:
    module = Net().eval()
    with torch.no_grad():
        module.conv.weight[0, 0, 0, 0] = float("nan")
    with refused(ConversionError, "nonfinite_output"):
        deploy(capture(module, torch.randn(1, 3, 11, 9)))
