import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile import Network, PreprocessingConfig, Weights, list_models, load_network, realistic_state
from efficientmod_mobile._preprocessing import preprocessing_of
from efficientmod_mobile.errors import ModelError

from ..raising import refused

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

SMALL_NETWORK = """
import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 6))
"""


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Write Python files in the current folder, which is a fresh one; forget what was imported from it afterwards."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)

    def write(file: str, text: str) -> None:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def check_refused(model: str, code: str, *names: str) -> None:
    with refused(ModelError, code, *names) as caught:
        load_network(model, None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list_models())
def test_without_a_checkpoint_the_weights_are_seeded(name: str) -> None:
    network = load_network(name, None, seed=4)
    state = network.module.state_dict()
    expected = realistic_state({key: tuple(value.shape) for key, value in state.items()}, seed=4)
    assert all(np.array_equal(state[key].numpy(), value) for key, value in expected.items())
    assert not network.module.training
    preprocessing = PreprocessingConfig((224, 224), "bicubic", 0.875, IMAGENET_MEAN, IMAGENET_STD)
    assert network == Network(name, network.module, 1000, Weights("seeded", seed=4), preprocessing)


def test_the_callers_random_generator_is_unchanged(write_module: Callable[[str, str], None]) -> None:
    write_module("seeded_net.py", SMALL_NETWORK)
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    load_network("seeded_net:Net", None)
    assert torch.equal(torch.rand(1), expected)


def test_unknown_names_are_answered_with_similar_names() -> None:
    check_refused("efficientmod-xs", "unknown_model", "efficientmod_xs")
    check_refused("repvit_m0_9", "unknown_model", "timm/repvit_m0_9")
    check_refused("qqqq", "unknown_model", "`efficientmod models`")


def test_a_users_own_network_keeps_its_weights(write_module: Callable[[str, str], None]) -> None:
    write_module("own/__init__.py", "")
    write_module(
        "own/nets.py",
        SMALL_NETWORK
        + "def build():\n    net = Net()\n    nn.init.constant_(net[3].weight, 2.5)\n    return net.double()\n",
    )
    network = load_network("own.nets:build", None)
    weight = network.module.get_parameter("3.weight")
    assert weight.dtype == torch.float32
    assert bool((weight == 2.5).all())
    assert not network.module.training
    assert (network.name, network.num_classes, network.weights.kind) == ("own.nets:build", 6, "module")
    assert network.weights == load_network("own.nets:build", None).weights
    assert network.preprocessing.input_size == (224, 224)


def test_a_users_network_is_initialised_reproducibly(write_module: Callable[[str, str], None]) -> None:
    write_module("drawn_net.py", SMALL_NETWORK)
    first, again = (load_network("drawn_net:Net", None).module.state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


def test_a_users_own_network_takes_a_checkpoint(write_module: Callable[[str, str], None], tmp_path: Path) -> None:
    write_module("loaded_net.py", SMALL_NETWORK)
    state = {key: value + 1 for key, value in load_network("loaded_net:Net", None).module.state_dict().items()}
    torch.save(state, tmp_path / "own.pth")
    network = load_network("loaded_net:Net", "own.pth")
    assert network.weights.kind == "checkpoint"
    assert torch.equal(network.module.get_parameter("3.bias"), state["3.bias"])


def test_a_users_own_configuration_is_used(write_module: Callable[[str, str], None]) -> None:
    text = SMALL_NETWORK + (
        "def build():\n    net = Net()\n    net.num_classes = 6\n"
        "    net.pretrained_cfg = {'input_size': (3, 96, 128), 'interpolation': 'nearest', 'crop_pct': 1}\n"
        "    net.pretrained_cfg['mean'] = [0, 0, 0]\n"
        "    return net\n"
    )
    write_module("configured_net.py", text)
    network = load_network("configured_net:build", None)
    expected = PreprocessingConfig((96, 128), "nearest", 1.0, (0.0, 0.0, 0.0), IMAGENET_STD)
    assert (network.preprocessing, network.num_classes) == (expected, 6)


def test_a_users_network_that_is_no_classifier(write_module: Callable[[str, str], None]) -> None:
    write_module("headless_net.py", SMALL_NETWORK + "def build():\n    return nn.Conv2d(3, 4, 3)\n")
    assert load_network("headless_net:build", None).num_classes is None
    write_module("picky_net.py", SMALL_NETWORK + "def build():\n    return nn.Linear(5, 5)\n")
    assert load_network("picky_net:build", None).num_classes is None


def test_the_current_folder_is_searched_first_and_then_last(
    write_module: Callable[[str, str], None], tmp_path: Path
) -> None:
    write_module("onnx.py", "raise RuntimeError('the user has a file by this name')")
    write_module("stepping_net.py", SMALL_NETWORK)
    before = list(sys.path)
    load_network("stepping_net:Net", None)
    load_network("stepping_net:Net", None)
    assert sys.path == [*before, str(tmp_path)]


@pytest.mark.parametrize(
    ("model", "code", "named"),
    [
        (":build", "invalid_model_name", "my_package.my_module:build"),
        ("odd_net.py:build", "invalid_model_name", "odd_net:build"),
        ("../nets/odd_net:build", "invalid_model_name", "odd_net:build"),
        ("broken_net:", "invalid_model_name", "broken_net"),
        ("no_such_module:build", "unknown_module", "'no_such_module'"),
        ("package_net.absent:build", "unknown_module", "'package_net.absent'"),
        ("needy_net:build", "module_import_failed", "ModuleNotFoundError: No module named 'absent_package'"),
        ("broken_net:build", "module_import_failed", "ZeroDivisionError: division by zero"),
        ("odd_net:biuld", "unknown_model_function", "build?"),
        ("odd_net:qqqq", "unknown_model_function", "'qqqq'."),
        ("odd_net:CONSTANT", "not_a_function", "int"),
        ("odd_net:build", "not_a_module", "dict"),
        ("odd_net:raising", "model_build_failed", "KeyError: 'x'"),
        ("odd_net:talking", "model_build_failed", "RuntimeError: first line."),
        ("odd_net:needing", "model_build_failed", "TypeError"),
    ],
)
def test_errors_of_a_users_module(model: str, code: str, named: str, write_module: Callable[[str, str], None]) -> None:
    write_module("needy_net.py", "import absent_package")
    write_module("broken_net.py", "1 / 0")
    write_module("package_net/__init__.py", "")
    write_module(
        "odd_net.py",
        "CONSTANT = 3\ndef build():\n    return {}\ndef raising():\n    return {}['x']\ndef needing(w):\n    pass\n"
        "def talking():\n    raise RuntimeError('first line.\\nsecond line')\n",
    )
    check_refused(model, code, named)


class Configured(nn.Identity):
    def __init__(self, pretrained_cfg: object) -> None:
        super().__init__()
        self.pretrained_cfg = pretrained_cfg


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"input_size": (1, 28, 28)}, "1 channels"),
        ({"input_size": 224}, "net"),
        ({"interpolation": "lanczos"}, "'lanczos'"),
        ({"crop_mode": "diagonal"}, "'diagonal'"),
        ({"crop_pct": 1.5}, "1.5"),
        ({"mean": (0.5, 0.5)}, "net"),
        ({"mean": (123.675, 116.28, 103.53)}, "divide it by 255"),
        ({"std": (0.2, 0.0, 0.2)}, "not above 0"),
        ("imagenet", "net"),
    ],
)
def test_unsupported_preprocessing_is_refused(config: object, named: str) -> None:
    with refused(ModelError, "unsupported_preprocessing", named):
        preprocessing_of(Configured(config), "net")


def test_saved_weights_are_loaded_unchanged(tmp_path: Path) -> None:
    def logits(network: Network) -> Tensor:
        with torch.no_grad():
            return network.module(torch.ones(1, 3, 32, 64))  # type: ignore[no-any-return]

    seeded = load_network("efficientmod_xs", None, seed=1)
    torch.save(seeded.module.state_dict(), tmp_path / "weights.pt")
    assert torch.equal(logits(load_network(None, str(tmp_path / "weights.pt"))), logits(seeded))
