import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from efficientmod_mobile import catalogue, create_model, list_models, load_network, register_with_timm
from efficientmod_mobile._seeding import _pictures, seed_weights
from efficientmod_mobile._timm import build_timm, import_timm
from efficientmod_mobile.errors import CheckpointError, DependencyError, ModelError

from ..raising import refused

OTHERS = [entry.name for entry in catalogue() if entry.name.startswith("timm/")]


def run_python(*lines: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(lines)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def registered_timm() -> ModuleType:
    register_with_timm()
    return import_timm()


def test_importing_the_package_edits_nothing() -> None:
    printed = run_python(
        "import sys",
        "import torch, numpy",
        "finders, path = list(sys.meta_path), list(sys.path)",
        "import efficientmod_mobile",
        "print(sys.meta_path == finders, sys.path == path, 'timm' in sys.modules, 'torchvision' in sys.modules)",
    )
    assert printed.split() == ["True", "True", "False", "False"]


def test_registering_twice_names_our_models_once_and_leaves_the_import_system_alone() -> None:
    printed = run_python(
        "import sys, efficientmod_mobile",
        "finders = list(sys.meta_path)",
        *["efficientmod_mobile.register_with_timm()"] * 2,
        "added = [type(finder).__module__ for finder in sys.meta_path if finder not in finders]",
        "print(any(name.startswith('efficientmod') for name in added))",
        "import timm",
        "print(timm.list_models('efficientmod*'))",
    )
    assert printed.splitlines() == ["False", str(sorted(list_models()))]


def test_a_timm_without_the_registry_is_a_missing_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    register_with_timm()
    monkeypatch.delitem(sys.modules, "efficientmod_mobile._timm_models")
    monkeypatch.delattr("timm.models.register_model")
    with refused(DependencyError, "incompatible_package", 'pip install "efficientmod-mobile[zoo]"'):
        register_with_timm()


def test_our_models_have_timm_names_too() -> None:
    assert load_network("timm/efficientmod_xxs", None).num_classes == 1000


@pytest.mark.parametrize("name", list_models())
def test_timm_creates_our_models(name: str) -> None:
    timm = registered_timm()
    model = timm.create_model(name, num_classes=10, drop_path_rate=0.1)
    ours = create_model(name, num_classes=10)
    assert list(model.state_dict()) == list(ours.state_dict())
    model.load_state_dict(ours.state_dict())
    x = torch.randn(1, 3, 32, 64)
    assert torch.equal(model.eval()(x), ours.eval()(x))


def test_timm_creates_our_backbones_with_the_attributes_of_its_own() -> None:
    timm = registered_timm()
    model = timm.create_model("efficientmod_xs", features_only=True)
    outputs = model(torch.zeros(1, 3, 64, 96))
    assert [output.shape[1] for output in outputs] == model.feature_info.channels() == [32, 64, 144, 288]
    assert [64 // output.shape[2] for output in outputs] == model.feature_info.reduction() == [4, 8, 16, 32]
    config = timm.data.resolve_model_data_config(model)
    assert (config["input_size"], config["interpolation"], config["crop_pct"]) == ((3, 224, 224), "bicubic", 0.875)


def test_timm_loads_a_checkpoint_into_our_model(tmp_path: Path) -> None:
    seeded = load_network("efficientmod_xxs", None).module
    torch.save({"state_dict": seeded.state_dict()}, tmp_path / "weights.pth")
    model = registered_timm().create_model("efficientmod_xxs", checkpoint_path=str(tmp_path / "weights.pth"))
    x = torch.ones(1, 3, 32, 32)
    assert torch.equal(model.eval()(x), seeded(x))


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ({"pretrained": True}, "no_downloadable_weights", "checkpoint_path=FILE"),
        ({"in_chans": 1}, "unsupported_model_argument", "in_chans"),
        ({"drop_rate": 0.1}, "unsupported_model_argument", "drop_rate"),
    ],
)
def test_options_of_timm_that_our_models_lack_are_refused(options: dict[str, object], code: str, named: str) -> None:
    with refused(ModelError, code, named):
        registered_timm().create_model("efficientmod_s", **options)


def test_a_timm_model_with_its_own_preprocessing() -> None:
    network = load_network("timm/mobileone_s0", None)
    assert (network.name, network.num_classes) == ("timm/mobileone_s0", 1000)
    assert network.preprocessing.interpolation == "bilinear"
    assert network.weights.kind == "seeded"
    assert load_network("timm/edgenext_xx_small", None).preprocessing.input_size == (256, 256)


def test_the_number_of_classes_is_read_from_a_timm_checkpoint(tmp_path: Path) -> None:
    path = str(tmp_path / "weights.pth")
    for name in ("timm/mobilenetv3_small_100", "timm/repvit_m0_9"):
        trained = build_timm(name, num_classes=12).state_dict()
        torch.save(trained, path)
        network = load_network(name, path)
        assert network.num_classes == 12
        state = network.module.state_dict()
        assert all(torch.equal(state[key], value) for key, value in trained.items())
    with refused(CheckpointError, "checkpoint_mismatch", "timm/mobilenetv3_small_100"):
        load_network("timm/mobilenetv3_small_100", path)


@pytest.mark.parametrize(
    ("name", "code", "named"),
    [
        ("timm/repvit_m0_8", "unknown_model", "timm/repvit_m0_9"),
        ("timm/resnet18.no_such_tag", "unknown_weights_tag", "timm/resnet18.no_such_tag"),
        ("timm/", "unknown_model", "'timm/'"),
    ],
)
def test_unknown_timm_names_are_refused(name: str, code: str, named: str) -> None:
    with refused(ModelError, code, named):
        load_network(name, None)


def test_a_tag_of_timm_may_be_named() -> None:
    assert load_network("timm/resnet18.tv_in1k", None).preprocessing.interpolation == "bilinear"


def test_without_timm_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with refused(DependencyError, "missing_package", 'pip install "efficientmod-mobile[zoo]"'):
        load_network("timm/resnet18", None)


def test_a_timm_that_cannot_be_loaded_is_a_missing_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ImportError("cannot import name 'x'")

    monkeypatch.setattr("efficientmod_mobile._timm.importlib.import_module", broken)
    with refused(DependencyError, "broken_package", "ImportError: cannot import name 'x'"):
        load_network("timm/resnet18", None)


def test_seeded_weights_are_the_same_each_time() -> None:
    first, again, other = (
        load_network("timm/mobilenetv3_small_100", None, seed=seed).module.state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["bn1.running_mean"], other["bn1.running_mean"])


def test_seeded_weights_do_not_depend_on_the_number_of_threads() -> None:
    before = torch.get_num_threads()
    states = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            states.append(load_network("timm/mobilenetv3_small_100", None).module.state_dict())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_network_that_does_not_run_on_images_is_refused() -> None:
    network = nn.Sequential(nn.Linear(5, 5), nn.BatchNorm2d(5)).eval()
    with refused(ModelError, "seeding_failed", "(4, 3, 32, 32)"):
        seed_weights(network, (32, 32), seed=0)


@torch.no_grad()
def test_batch_norm_statistics_are_those_of_the_activations() -> None:
    """After them every channel has mean `bias` and deviation `weight`, to the eight bits that are kept."""
    network = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8))
    seed_weights(network.eval(), (48, 32), seed=3)
    last = network[4]
    assert isinstance(last, nn.BatchNorm2d)
    outputs = network(torch.from_numpy(_pictures((48, 32), seed=3)))
    deviation, mean = torch.std_mean(outputs, dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(deviation, last.weight.abs(), rtol=0.01, atol=0)
    torch.testing.assert_close(mean, last.bias, rtol=0, atol=0.05)


@torch.no_grad()
def test_a_network_that_multiplies_activations_keeps_its_precision() -> None:
    """Calibrated on pictures of contrast 1 alone, float32 was 7 % of the range away from float64 here."""
    model = load_network("timm/starnet_s1", None).module
    x = torch.from_numpy(_pictures((160, 128), seed=5)[3:])  # of contrast 2
    single = model(x).double()
    exact = model.double()(x.double())
    assert float((single - exact).abs().max()) < 1e-5 * float(exact.abs().max())


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
@torch.no_grad()
def test_seeded_networks_react_to_their_input_and_stay_finite(name: str) -> None:
    """With uncalibrated BatchNorms RepViT reaches 1e12 and MobileNetV3 gives nearly the same for all pictures."""
    network = load_network(name, None)
    largest = 0.0

    def watch(_: nn.Module, __: object, output: object) -> None:
        nonlocal largest
        if isinstance(output, torch.Tensor):
            largest = max(largest, float(output.abs().max()))

    for module in network.module.modules():
        module.register_forward_hook(watch)
    logits = network.module(torch.from_numpy(_pictures(network.preprocessing.input_size, seed=5)[:2]))
    assert float((logits[0] - logits[1]).std()) > 0.1 * float(logits.std())
    assert largest < 1e4  # float16 ends at 65504
