"""Trained weights: what timm is asked for, and what is said where they are seeded."""

from typing import Any

import pytest
import timm
import torch

from efficientmod_mobile import load_network
from efficientmod_mobile.errors import InputError, ModelError

from ..raising import refused

CREATE = timm.create_model


def test_timm_is_asked_for_the_weights_of_the_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def trained(name: str, **options: Any) -> torch.nn.Module:
        asked.append((name, options))
        return CREATE(name, pretrained=False)

    monkeypatch.setattr(timm, "create_model", trained)
    network = load_network("timm/test_resnet.r160_in1k", None, pretrained=True)
    assert asked == [("test_resnet.r160_in1k", {"pretrained": True})]
    assert network.weights.kind == "module"
    assert network.weights.notes == ("trained weights of timm/test_resnet.r160_in1k",)
    assert load_network("timm/test_resnet", None, pretrained=True).weights.notes == network.weights.notes
    assert "trained" not in load_network("timm/test_resnet", None).weights.kind


@pytest.mark.parametrize("name", ["timm/test_resnet", "timm/test_resnet.r160_in1k"])
def test_seeded_weights_of_a_tag_are_said_to_be_none_of_it(name: str) -> None:
    weights = load_network(name, None).weights
    assert weights.kind == "seeded"
    (note,) = weights.notes
    assert note.startswith("they are seeded although timm/test_resnet.r160_in1k names trained ones; --pretrained")
    assert load_network("efficientmod_xxs", None).weights.notes == ()
    assert (
        load_network("timm/starnet_s1", None).weights.notes != ()
        or not timm.get_pretrained_cfg("starnet_s1").has_weights
    )


def test_without_any_weights_to_download() -> None:
    with refused(ModelError, "no_pretrained_weights", "efficientmod_s", "--checkpoint"):
        load_network("efficientmod_s", None, pretrained=True)
    with refused(ModelError, "no_pretrained_weights", "timm/efficientmod_s"):
        load_network("timm/efficientmod_s", None, pretrained=True)
    with refused(InputError, "conflicting_options", "--pretrained"):
        load_network("timm/test_resnet", "x.pth", pretrained=True)
    with refused(InputError, "no_model_named"):
        load_network(None, None, pretrained=True)


def test_a_download_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(timm, "create_model", fail)
    with refused(ModelError, "pretrained_unavailable", "timm/test_resnet", "ConnectionError: no route"):
        load_network("timm/test_resnet", None, pretrained=True)
