"""The network form that each target gets: what is left in the graph, how exactly it computes, how it is lowered."""

from collections import Counter

import pytest
import torch
from torch import fx, nn

from efficientmod_export.targets import Target, Variant, all_targets, find_target
from efficientmod_export.targets._recipes import (
    CHANNELS_FIRST,
    CHANNELS_FIRST_FLOAT16,
    CHANNELS_FIRST_ROUNDED,
    NEURAL_ENGINE_ROUNDED,
    PORTABLE_FLOAT16,
)
from efficientmod_mobile import create_model, list_models, realistic_state
from efficientmod_mobile.deploy import EXACT, Deployed, capture, deploy

from ...efficientmods import EFFICIENTMODS
from ...update_node_counts import count, stored

FLOAT32 = 1e-5
ATTENTIONS = {"efficientmod_xxs": 3, "efficientmod_xs": 6, "efficientmod_s": 8, "efficientmod_s_conv": 0}
NORMS = {"efficientmod_xxs": 23, "efficientmod_xs": 29, "efficientmod_s": 41, "efficientmod_s_conv": 33}
HEADS = 8
# What runtimes run outside their fast path, or move memory for nothing.
UNWANTED = {"layer_norm", "rms_norm", "repeat", "expand", "transpose", "squeeze", "unsqueeze", "split", "matmul"}


def network(name: str, *, features_only: bool = False) -> nn.Module:
    module = create_model(name, features_only=features_only)
    state = realistic_state({key: tuple(value.shape) for key, value in module.state_dict().items()}, seed=0)
    module.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    return module.eval()


def formed(module: nn.Module, target: str, size: tuple[int, int] = (96, 64)) -> Deployed:
    """The network in the target's form. `deploy` itself raises where it is not equal in float64."""
    return deploy(capture(module, torch.zeros(1, 3, *size)), find_target(target).variants[0].recipe)


def operators(deployed: Deployed) -> Counter[str]:
    calls = [node for node in deployed.program.graph.nodes if node.op == "call_function"]
    return Counter(getattr(node.target, "_opname", str(node.target)) for node in calls)


def applied(deployed: Deployed, name: str) -> int:
    return sum(step.applied for step in deployed.certificate.steps if step.transform == name)


def tensors(deployed: Deployed) -> list[fx.Node]:
    return [node for node in deployed.program.graph.nodes if node.op != "output"]


@pytest.mark.parametrize("name", EFFICIENTMODS)
def test_efficientmod_for_xnnpack(name: str) -> None:
    deployed = formed(network(name), "executorch")
    left = operators(deployed)
    assert deployed.certificate.float64_error <= 1e-12
    assert deployed.certificate.float32_error <= FLOAT32
    assert not UNWANTED & set(left)
    assert left["permute"] == 3 * ATTENTIONS[name]
    assert left["bmm"] == 2 * ATTENTIONS[name]
    assert left["rsqrt"] == NORMS[name]
    assert left["sub"] == 0  # no norm subtracts a mean
    assert left["linear"] == 1  # the head
    assert applied(deployed, "centre_streams") == 8  # four stages, and the four norms behind a convolution
    assert all(node.meta["val"].ndim <= 4 for node in tensors(deployed))


@pytest.mark.parametrize("name", EFFICIENTMODS)
def test_efficientmod_for_core_ml(name: str) -> None:
    deployed = formed(network(name), "coreml")
    left = operators(deployed)
    assert deployed.certificate.float64_error <= 1e-12
    assert not UNWANTED & set(left)
    assert left["permute"] == HEADS * ATTENTIONS[name]  # the keys, which the product takes over
    for node in deployed.program.graph.find_nodes(op="call_function", target=torch.ops.aten.permute.default):
        assert [user.target for user in node.users] == [torch.ops.aten.bmm.default]
    assert left["softmax"] == HEADS * ATTENTIONS[name]
    assert left["reshape"] == 4 * ATTENTIONS[name] + 1  # queries, keys, values, result; the mean before the head
    assert all(node.meta["val"].ndim <= 4 for node in tensors(deployed))


@pytest.mark.slow
def test_the_stages_of_a_backbone_get_their_means_back() -> None:
    deployed = formed(network("efficientmod_s", features_only=True), "executorch")
    assert deployed.certificate.float64_error <= 1e-12
    assert applied(deployed, "centre_streams") == 8
    assert operators(deployed)["sub"] == 0


def test_two_norms_are_not_worth_two_more_layers() -> None:
    """A stage of xxs: one layer would project its start, another one would bring the mean back for the output."""
    deployed = formed(network("efficientmod_xxs", features_only=True), "executorch")
    assert applied(deployed, "centre_streams") == 6
    reasons = [refusal.reason for step in deployed.certificate.steps for refusal in step.refused]
    assert sum("the 2 norms of its stream adds 2 layers" in reason for reason in reasons) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", list_models())
@pytest.mark.parametrize("target", ["executorch", "coreml"])
def test_efficientmod_at_its_own_size(name: str, target: str) -> None:
    assert formed(network(name), target, (224, 224)).certificate.float64_error <= 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("name", stored())
def test_other_networks_gain_too(name: str) -> None:
    """torch.export writes the attention of some as one operator, which hides the transposed keys: moves are left."""
    expected = stored()[name]
    found, deployed = count(name, expected["size"])
    assert found == expected, "python tests/update_node_counts.py writes the new numbers, if they are right"
    assert deployed.certificate.float64_error <= deployed.certificate.tolerance


def test_other_networks_keep_no_norm_and_the_file_is_sorted() -> None:
    assert list(stored()) == sorted(stored())
    assert len(stored()) >= 10
    assert {entry["after"]["norms"] for entry in stored().values()} == {0}


def variants() -> list[Variant]:
    return [variant for target in all_targets() for variant in target.variants]


FORMS = {"onnx": EXACT, "tflite": PORTABLE_FLOAT16, "executorch": CHANNELS_FIRST}
BEFORE = {"executorch-vulkan": 1}
"""Transforms before these: of resizes, which become products that go through the folds."""
ROUNDED_FORMS = {"tflite": PORTABLE_FLOAT16, "executorch": CHANNELS_FIRST_ROUNDED, "coreml": NEURAL_ENGINE_ROUNDED}


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_one_form_for_all_mobile_targets(variant: Variant) -> None:
    """ONNX Runtime takes a network as it is; TFLite's writer finds the layout itself; XNNPACK has no float16 here; the
    layers that are rounded are not centred before.
    """
    if variant.rounding is None:
        form = FORMS.get(variant.target, CHANNELS_FIRST_FLOAT16)
    else:
        form = ROUNDED_FORMS[variant.target]
    start = BEFORE.get(variant.target, 0)
    assert variant.recipe[start : start + len(form)] == form


@pytest.mark.parametrize("target", all_targets(), ids=lambda target: target.name)
def test_every_float_precision_of_a_target_gets_the_same_network(target: Target) -> None:
    """What is proven of the float32 form of a graph holds for the others; a rounded one has a proof of its own."""
    assert {variant.recipe for variant in target.variants if variant.rounding is None} == {target.variants[0].recipe}
