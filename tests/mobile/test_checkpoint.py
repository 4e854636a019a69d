import argparse
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from efficientmod_mobile import create_model, load_network
from efficientmod_mobile._checkpoint import read_checkpoint
from efficientmod_mobile.errors import CheckpointError, InputError

from ..raising import refused

State = dict[str, Tensor]
NAME = "efficientmod_xxs"


class Hostile:
    """Unpickled by Python's own reader, it would make the file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture(scope="module")
def state() -> State:
    """A whole checkpoint of the smallest model, with ten classes."""
    return create_model(NAME, num_classes=10).state_dict()


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., str]:
    def write(content: object, **options: Any) -> str:
        path = tmp_path / "weights.pth"
        torch.save(content, path, **options)
        return str(path)

    return write


def check_refused(checkpoint: str, code: str, *names: str, model: str | None = NAME) -> None:
    with refused(CheckpointError, code, *names) as caught:
        load_network(model, checkpoint)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600


def assert_holds(checkpoint: str, state: State, model: str | None = NAME) -> None:
    network = load_network(model, checkpoint)
    loaded = network.module.state_dict()
    assert list(loaded) == list(state)
    assert all(torch.equal(loaded[key], value) for key, value in state.items())
    assert (network.name, network.num_classes) == (NAME, 10)
    assert network.weights.kind == "checkpoint"
    assert network.weights.sha256 == hashlib.sha256(Path(checkpoint).read_bytes()).hexdigest()


def test_a_plain_state_dict(state: State, save: Callable[..., str]) -> None:
    assert_holds(save(state), state)


def test_the_old_format_of_torch_save(state: State, save: Callable[..., str]) -> None:
    assert_holds(save(state, _use_new_zipfile_serialization=False), state)


@pytest.mark.parametrize("container", ["state_dict", "model", "state_dict_ema", "model_ema"])
def test_each_container(container: str, state: State, save: Callable[..., str]) -> None:
    assert_holds(save({"epoch": 3, container: state}), state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_prefixes_of_wrappers_are_removed(prefix: str, state: State, save: Callable[..., str]) -> None:
    assert_holds(save({"state_dict": {prefix + key: value for key, value in state.items()}}), state)


def test_the_moving_average_is_preferred(state: State, save: Callable[..., str]) -> None:
    other = {key: value + 1 for key, value in state.items()}
    assert_holds(save({"state_dict": other, "state_dict_ema": state}), state)
    assert_holds(save({"model": other, "model_ema": state}), state)


def test_a_training_checkpoint_of_timm(state: State, save: Callable[..., str]) -> None:
    optimizer = {"state": {0: {"step": torch.tensor(7.0)}}, "param_groups": [{"lr": 1e-3, "params": [0]}]}
    arguments = argparse.Namespace(model=NAME, lr=4e-3, mean=None, scale=[0.08, 1.0])
    content = {"epoch": 3, "arch": NAME, "optimizer": optimizer, "args": arguments, "version": 2, "metric": 77.1}
    assert_holds(save({**content, "state_dict": state}), state)


def test_safetensors(state: State, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    assert_holds(str(path), state)
    assert_holds(str(path.rename(tmp_path / "MODEL.SAFETENSORS")), state)


def test_half_precision_weights_become_float32(state: State, save: Callable[..., str]) -> None:
    network = load_network(NAME, save({key: value.half() for key, value in state.items()}))
    weight = network.module.get_parameter("head.weight")
    assert weight.dtype == torch.float32
    assert torch.equal(weight, state["head.weight"].half().float())


def test_the_model_is_identified_from_the_file(state: State, save: Callable[..., str]) -> None:
    assert_holds(save(state), state, model=None)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (str(tmp_path / "nothing.pth"), str(tmp_path), "/dev/null"):
        check_refused(path, "missing_checkpoint", path)


def test_a_file_that_may_not_be_read(state: State, save: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = save(state)
    monkeypatch.setattr(Path, "open", denied)
    check_refused(path, "unreadable_checkpoint", path, "Permission denied")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file(kept: float, zipped: bool, state: State, save: Callable[..., str]) -> None:
    path = Path(save(state, _use_new_zipfile_serialization=zipped))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    check_refused(str(path), "damaged_checkpoint", path.name)


@pytest.mark.parametrize(("at", "changed"), [(6, b"\xfe"), (8, b"\x00\x08" + bytes(36) + b"\xff")])
def test_an_archive_whose_directory_is_damaged(at: int, changed: bytes, state: State, save: Callable[..., str]) -> None:
    """It asks for a later version of the format, or has a name that is not UTF-8."""
    path = Path(save(state))
    content = bytearray(path.read_bytes().replace(b"PK\x03\x04", b"PK\x00\x00"))
    entry = content.index(b"PK\x01\x02")
    content[entry + at : entry + at + len(changed)] = changed
    path.write_bytes(content)
    check_refused(str(path), "damaged_checkpoint", path.name)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.999])
def test_a_truncated_safetensors_file(kept: float, state: State, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    check_refused(str(path), "damaged_checkpoint", path.name)


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "pointer.pth"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    check_refused(str(path), "damaged_checkpoint", path.name)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_beside_the_weights_does_not_run(
    zipped: bool, state: State, save: Callable[..., str], tmp_path: Path
) -> None:
    path = save({"state_dict": state, "extra": Hostile(tmp_path / "ran")}, _use_new_zipfile_serialization=zipped)
    check_refused(path, "unsafe_checkpoint", "posix.system")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_a_bare_pickle_with_code_does_not_run(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Hostile(tmp_path / "ran"), protocol=protocol))
    check_refused(str(path), "unsafe_checkpoint")
    assert not (tmp_path / "ran").exists()


def test_the_unsafe_pickle_runs_code_in_pickle(tmp_path: Path) -> None:
    """Else the tests above would pass for a file that does no harm anywhere."""
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Hostile(tmp_path / "ran")))
    subprocess.run([sys.executable, "-c", f"import pickle; pickle.load(open({str(path)!r}, 'rb'))"], check=True)
    assert (tmp_path / "ran").exists()


def test_a_pickled_module_names_its_class(save: Callable[..., str]) -> None:
    check_refused(save(nn.Linear(2, 2)), "unsafe_checkpoint", "torch.nn.modules.linear.Linear")


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_torchscript_file(tmp_path: Path) -> None:
    path = tmp_path / "scripted.pt"
    torch.jit.script(nn.Linear(2, 2)).save(path)  # type: ignore[no-untyped-call]
    check_refused(str(path), "unsafe_checkpoint", "TorchScript")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ([1, 2], "list"),
        (torch.ones(2), "Tensor"),
        ({}, "none"),
        ({"epoch": 1, "optimizer": {}}, "epoch, optimizer"),
        ({0: torch.ones(1)}, "0"),
        ({"state_dict": {}}, "state_dict"),
        ({"state_dict": {"head.weight": "x"}}, "state_dict"),
    ],
)
def test_files_without_a_state_dict(content: object, named: str, save: Callable[..., str]) -> None:
    check_refused(save(content), "no_state_dict", named)


def test_keys_of_another_model_name_it(state: State, save: Callable[..., str]) -> None:
    check_refused(save(state), "checkpoint_of_other_model", "efficientmod_s", f"--model {NAME}", model="efficientmod_s")


def test_all_keys_that_do_not_match_are_reported(state: State, save: Callable[..., str]) -> None:
    misfit = {key: value for key, value in state.items() if not key.startswith("layers.3.blocks.3.")}
    misfit["extra.weight"] = torch.ones(1)
    misfit["norm.bias"] = torch.ones(3)
    missing = ("11 missing", "layers.3.blocks.3.norm1.weight, ", "and 6 more")
    misshapen = "norm.bias (3,) instead of (256,)"
    check_refused(save(misfit), "checkpoint_mismatch", *missing, "extra.weight", misshapen)


def test_a_file_without_a_head(state: State, save: Callable[..., str]) -> None:
    backbone = {key: value for key, value in state.items() if not key.startswith(("head.", "norm."))}
    check_refused(save(backbone), "checkpoint_mismatch", "(norm.weight, norm.bias, head.weight, head.bias)")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_with_nan_or_infinity_are_refused(value: float, state: State, save: Callable[..., str]) -> None:
    broken = {key: tensor.clone() for key, tensor in state.items()}
    broken["layers.1.blocks.0.mlp.fc1.weight"][3, 4] = value
    broken["head.bias"][0] = value
    check_refused(save(broken), "nonfinite_weights", "layers.1.blocks.0.mlp.fc1.weight, head.bias;")


@pytest.mark.parametrize("change", [torch.Tensor.to_sparse, lambda tensor: tensor + 0j])
def test_weights_that_are_not_dense_and_real(
    change: Callable[[torch.Tensor], torch.Tensor], state: State, save: Callable[..., str]
) -> None:
    changed = {**state, "head.bias": change(state["head.bias"])}
    check_refused(save(changed), "unsupported_weights", "head.bias")


def test_weights_beyond_float32_are_infinite(state: State, save: Callable[..., str]) -> None:
    large = {**state, "head.bias": torch.full((10,), 1e300, dtype=torch.float64)}
    check_refused(save(large), "nonfinite_weights", "head.bias")


def test_a_file_of_another_model_needs_a_name(save: Callable[..., str]) -> None:
    check_refused(save({"weight": torch.ones(2)}), "unrecognized_checkpoint", "--model NAME", model=None)


def test_neither_model_nor_checkpoint() -> None:
    with refused(InputError, "no_model_named", "--model efficientmod_s", "--checkpoint"):
        load_network(None, None)


class Hub:
    """Stands for the Hugging Face Hub: a folder of files, or the error that it answers with."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        self.folder, self.error, self.asked = folder, error, list[tuple[str, str]]()

    def __call__(self, repo_id: str, filename: str) -> str:
        from huggingface_hub.errors import EntryNotFoundError

        self.asked.append((repo_id, filename))
        if self.error:
            raise self.error
        if not (self.folder / filename).exists():
            raise EntryNotFoundError(filename)
        return str(self.folder / filename)


def test_a_file_with_the_wrong_suffix_is_refused(state: State, tmp_path: Path) -> None:
    save_file(state, tmp_path / "weights.pth")
    check_refused(str(tmp_path / "weights.pth"), "wrong_checkpoint_suffix", "end in .safetensors")
    torch.save(state, tmp_path / "weights.safetensors")
    check_refused(str(tmp_path / "weights.safetensors"), "wrong_checkpoint_suffix", "end in .pth")


def test_safetensors_are_preferred_on_the_hub(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(tmp_path)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", hub)
    torch.save(state, tmp_path / "pytorch_model.bin")
    network = load_network(NAME, "hf-hub:owner/name")
    assert torch.equal(network.module.get_parameter("head.weight"), state["head.weight"])
    save_file({key: value + 1 for key, value in state.items()}, tmp_path / "model.safetensors")
    network = load_network(None, "hf-hub:owner/name")
    assert torch.equal(network.module.get_parameter("head.weight"), state["head.weight"] + 1)
    assert network.weights.sha256 == hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    safetensors, pickled = ("owner/name", "model.safetensors"), ("owner/name", "pytorch_model.bin")
    assert hub.asked == [safetensors, pickled, safetensors]


def test_errors_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    def check_answer(error: Exception | None, code: str, *names: str) -> None:
        monkeypatch.setattr("huggingface_hub.hf_hub_download", Hub(tmp_path, error))
        check_refused("hf-hub:owner/name", code, *names)

    check_answer(None, "no_hub_weights", "model.safetensors", "pytorch_model.bin")
    check_answer(LocalEntryNotFoundError("no connection"), "hub_unreachable")
    check_answer(OSError("401 Unauthorized.\nmore lines"), "download_failed", "(OSError: 401 Unauthorized)")
    check_answer(HFValidationError("bad name"), "invalid_hub_name", "hf-hub:owner/name")


def test_the_source_is_recorded_as_given(state: State, save: Callable[..., str]) -> None:
    path = save(state)
    assert read_checkpoint(path).source == path
