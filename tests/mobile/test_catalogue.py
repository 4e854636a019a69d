import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile import CatalogueEntry, catalogue, count_macs, create_model, list_models, load_network

PUBLISHED_GMACS = {
    "efficientmod_xxs": 0.557,
    "efficientmod_xs": 0.710,
    "efficientmod_s": 1.317,
    "efficientmod_s_conv": 1.471,
}


class SmallNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 8, (3, 5), padding="same", groups=8)
        self.norm = nn.BatchNorm2d(8)
        self.linear = nn.Linear(8, 10, bias=False)
        self.head = nn.Linear(10, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(self.conv(x)))
        tokens = self.linear(y.flatten(2).transpose(1, 2))
        attended = (tokens @ tokens.transpose(1, 2)).softmax(-1) @ tokens
        return F.relu(self.head(attended.mean(1)))


def test_macs_are_those_counted_by_hand() -> None:
    positions = 16 * 24
    by_hand = positions * 8 * 3 * 9 + positions * 8 * 15 + positions * 8 * 10 + 10 * 4
    assert count_macs(SmallNetwork().eval(), torch.zeros(1, 3, 32, 48)) == by_hand


@pytest.mark.parametrize("name", list_models())
def test_macs_of_efficientmod_are_the_published_ones(name: str) -> None:
    assert count_macs(create_model(name).eval(), torch.zeros(1, 3, 224, 224)) / 1e9 == pytest.approx(
        PUBLISHED_GMACS[name], abs=5e-4
    )


def test_the_catalogue_begins_with_our_models_and_names_each_once() -> None:
    names = [entry.name for entry in catalogue()]
    assert names[:4] == list_models()
    assert all(name.startswith("timm/") for name in names[4:])
    assert len(set(names)) == len(names) == 27


def test_every_accuracy_has_a_source() -> None:
    for entry in catalogue():
        assert (entry.top1 is None) == (entry.source == ""), entry.name
        assert entry.top1 is None or 50 < entry.top1 < 90, entry.name
        assert entry.source == "" or entry.source.endswith(f" at {entry.input_size[0]}"), entry.name


@pytest.mark.slow
@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_catalogue_is_counted_on_the_networks(entry: CatalogueEntry) -> None:
    network = load_network(entry.name, None)
    counted = (
        network.preprocessing.input_size,
        sum(parameter.numel() for parameter in network.module.parameters()),
        count_macs(network.module, torch.zeros(1, 3, *network.preprocessing.input_size)),
    )
    assert counted == (entry.input_size, entry.params, entry.macs)
    assert network.num_classes == 1000
    assert torch.is_tensor(next(network.module.parameters()))
