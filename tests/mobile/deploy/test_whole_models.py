"""Whole networks: how often each transform applies, the remaining operators, and the errors."""

from collections import Counter

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from efficientmod_mobile import create_model, load_network, realistic_state
from efficientmod_mobile.deploy import Deployed, Program, capture, deploy, run
from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants
from efficientmod_mobile.deploy.folds._identities import Identity

from .conftest import EXACTNESS

FLOAT32 = 1e-4
"""Largest float32 error, relative to the largest output; most are near 1e-6, deep BatchNorm networks reach 3e-5."""

# model -> picture, nodes before and after, how often each transform applies. H != W where the model does not fix them.
MODELS: dict[str, tuple[tuple[int, int], int, int, dict[str, int]]] = {
    "efficientmod_xxs": ((96, 160), 260, 245, {"constant_into_producer": 15, "norm_affine_into_readers": 19}),
    "efficientmod_xs": ((96, 160), 342, 324, {"constant_into_producer": 18, "norm_affine_into_readers": 25}),
    "efficientmod_s": ((96, 160), 504, 476, {"constant_into_producer": 28, "norm_affine_into_readers": 37}),
    "efficientmod_s_conv": ((96, 160), 384, 356, {"constant_into_producer": 28, "norm_affine_into_readers": 29}),
    "timm/repvit_m0_9": (
        (96, 160),
        380,
        198,
        {
            "identity": 2,
            "batch_norm_into_producer": 106,
            "constant_into_producer": 1,
            "parallel_layers": 24,
            "batch_norm_into_readers": 2,
        },
    ),
    "timm/mobilenetv2_100": ((96, 160), 152, 100, {"batch_norm_into_producer": 52}),
    "timm/fasternet_t0": ((96, 160), 143, 126, {"batch_norm_into_producer": 17}),
    "timm/mobileone_s0": (
        (96, 160),
        676,
        89,
        {"identity": 30, "batch_norm_into_producer": 191, "parallel_layers": 43},
    ),
    "timm/fastvit_t8": (
        (96, 160),
        280,
        86,
        {"identity": 38, "batch_norm_into_producer": 46, "constant_into_producer": 20, "parallel_layers": 30},
    ),
    "timm/efficientformerv2_s0": (
        (224, 224),
        356,
        203,
        {
            "fold_constants": 18,
            "identity": 34,
            "batch_norm_into_producer": 74,
            "constant_into_producer": 19,
            "attention_scale_into_query": 5,
            "parallel_layers": 1,
            "batch_norm_into_readers": 1,
        },
    ),
    "timm/mobilevit_xxs": (
        (96, 160),
        326,
        266,
        {
            "identity": 28,
            "batch_norm_into_producer": 32,
            "attention_scale_into_query": 9,
            "norm_affine_into_readers": 21,
        },
    ),
    "timm/poolformer_s12": (
        (96, 160),
        191,
        130,
        {"fold_constants": 24, "identity": 25, "constant_into_producer": 12, "norm_affine_into_readers": 13},
    ),
    "timm/convnext_atto": (
        (96, 160),
        167,
        118,
        {"fold_constants": 12, "identity": 25, "constant_into_producer": 12, "norm_affine_into_readers": 16},
    ),
    "timm/vit_tiny_patch16_224": (
        (224, 224),
        263,
        224,
        {"fold_constants": 1, "identity": 38, "attention_scale_into_query": 12, "norm_affine_into_readers": 25},
    ),
}


def operators(program: Program) -> Counter[str]:
    calls = [node for node in program.graph.nodes if node.op == "call_function"]
    return Counter(getattr(node.target, "_opname", str(node.target)) for node in calls)


def check(name: str) -> Deployed:
    size, before, after, applied = MODELS[name]
    module = load_network(name, None).module
    deployed = deploy(capture(module, torch.zeros(1, 3, *size)))
    certificate = deployed.certificate
    assert {step.transform: step.applied for step in certificate.steps if step.applied} == applied
    assert (certificate.nodes_before, certificate.nodes_after) == (before, after)
    assert certificate.float64_error <= EXACTNESS
    assert certificate.float32_error <= FLOAT32
    assert "batch_norm" not in operators(deployed.program)
    image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        expected = module.double()(image.double())
    assert float((run(deployed.program, image)[0] - expected).abs().max() / expected.abs().max()) <= FLOAT32
    return deployed


def test_steps_and_refusals_of_efficientmod_xxs() -> None:
    deployed = check("efficientmod_xxs")
    refused = {refusal.where: refusal.reason for step in deployed.certificate.steps for refusal in step.refused}
    assert list(refused) == [
        "patch_embed.norm (layer_norm)",
        "layers.0.downsample.norm (layer_norm_3)",
        "layers.1.downsample.norm (layer_norm_6)",
        "layers.2.downsample.norm (layer_norm_15)",
    ]
    assert all("reads layer_norm" in reason for reason in refused.values())
    names = {name for name, _ in deployed.program.graph_module.named_parameters()}
    assert "layers.0.blocks.0.mlp.fc2.weight" in names
    assert not any("gamma" in name for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name != "efficientmod_xxs"])
def test_model(name: str) -> None:
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["efficientmod_xxs", "efficientmod_s"])
def test_the_deployed_network_gives_the_upstream_outputs(
    name: str,
    upstream_shapes: dict[str, dict[str, tuple[int, ...]]],
    golden: dict[str, NDArray[np.float64]],
    golden_input: NDArray[np.float32],
) -> None:
    module = create_model(name).eval()
    state = realistic_state(upstream_shapes[name], 0)
    module.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    image = torch.from_numpy(golden_input)
    logits = run(deploy(capture(module, image)).program, image)[0].double().numpy()
    expected = golden[f"{name}/logits"]
    assert np.abs(logits - expected).max() <= 1e-5 * np.abs(expected).max()


def own_form(module: nn.Module) -> nn.Module:
    """What timm's own methods make of it: its classes know their branches, and nothing of ours is used."""
    from timm.utils.model import reparameterize_model

    fused = reparameterize_model(module, inplace=False)
    if hasattr(fused, "fuse"):
        fused.fuse()
    assert isinstance(fused, nn.Module)
    return fused.eval()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ours_less"),
    [
        ("timm/repvit_m0_9", {}),
        ("timm/mobileone_s0", {}),
        ("timm/repvgg_a0", {}),
        ("timm/fastvit_t8", {"mul": 10, "batch_norm": 10}),  # timm leaves the LayerScale and the norm of its FFN
    ],
)
def test_no_more_operations_than_the_architectures_own_fusion(name: str, ours_less: dict[str, int]) -> None:
    module, example = load_network(name, None).module, torch.zeros(1, 3, 64, 96)
    ours = operators(deploy(capture(module, example)).program)
    theirs = operators(deploy(capture(own_form(module), example), (FoldConstants(), Identity())).program)
    assert theirs - ours == Counter(ours_less)
    assert not ours - theirs
