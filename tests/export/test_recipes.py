"""The network form that each target gets: what is left in the graph, how exactly it computes, how it is lowered."""

from collections import Counter

import pytest
import torch
from efficientmod_export._recipes import CHANNELS_FIRST, RECIPES, XNNPACK
from torch import fx, nn

from efficientmod_export.targets import BACKENDS
from efficientmod_mobile import create_model, list_models, load_network, realistic_state
from efficientmod_mobile.deploy import Deployed, capture, deploy

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
    return deploy(capture(module, torch.zeros(1, 3, *size)), RECIPES[target])


def operators(deployed: Deployed) -> Counter[str]:
    calls = [node for node in deployed.program.graph.nodes if node.op == "call_function"]
    return Counter(getattr(node.target, "_opname", str(node.target)) for node in calls)


def applied(deployed: Deployed, name: str) -> int:
    return sum(step.applied for step in deployed.certificate.steps if step.transform == name)


def tensors(deployed: Deployed) -> list[fx.Node]:
    return [node for node in deployed.program.graph.nodes if node.op != "output"]


def test_every_target_has_a_recipe() -> None:
    assert set(RECIPES) == set(BACKENDS)


@pytest.mark.parametrize("name", list_models())
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


@pytest.mark.parametrize("name", list_models())
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


# model -> permutes and norms that its plain program has, and those that are left
OTHERS: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "timm/convnext_atto": ((64, 96), (34, 17), (1, 0)),
    "timm/focalnet_tiny_srf": ((64, 96), (58, 29), (0, 0)),
    "timm/poolformer_s12": ((64, 96), (2, 25), (1, 0)),
    "timm/starnet_s1": ((64, 96), (0, 0), (0, 0)),
    "timm/repvit_m0_9": ((64, 96), (0, 0), (0, 0)),
    "timm/edgenext_xx_small": ((64, 96), (45, 20), (4, 0)),
    "timm/efficientformerv2_s0": ((224, 224), (20, 0), (15, 0)),
    # torch.export writes these two attentions as one operator each, which hides the transposed keys
    "timm/mobilevit_xxs": ((64, 96), (30, 21), (40, 0)),
    "timm/vit_tiny_patch16_224": ((224, 224), (25, 25), (49, 0)),
    "timm/swin_tiny_patch4_window7_224": ((224, 224), (76, 29), (72, 0)),
}


def moves_and_norms(graph: fx.Graph) -> tuple[int, int]:
    names = Counter(getattr(node.target, "_opname", "") for node in graph.nodes)
    return names["permute"] + names["transpose"], names["layer_norm"] + names["group_norm"]


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_gain_too(name: str) -> None:
    size, before, after = OTHERS[name]
    program = capture(load_network(name, None).module.eval(), torch.zeros(1, 3, *size))
    assert moves_and_norms(program.graph) == before
    deployed = deploy(program, XNNPACK)
    assert moves_and_norms(deployed.program.graph) == after
    assert deployed.certificate.float64_error <= deployed.certificate.tolerance


def test_one_form_for_all_mobile_targets() -> None:
    """TFLite's writer takes a network as it is."""
    for target in RECIPES.keys() - {"onnx", "tflite"}:
        assert RECIPES[target][: len(CHANNELS_FIRST)] == CHANNELS_FIRST
