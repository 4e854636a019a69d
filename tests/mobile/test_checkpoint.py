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


def refusal(checkpoint: str, model: str | None = NAME) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_network(model, checkpoint)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


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
    assert "does not exist" in refusal(str(tmp_path / "nothing.pth"))
    assert "is a folder" in refusal(str(tmp_path))
    assert "/dev/null is not a regular file" in refusal("/dev/null")


def test_a_file_that_may_not_be_read(state: State, save: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = save(state)
    monkeypatch.setattr(Path, "open", denied)
    assert "cannot be read: Permission denied" in refusal(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file(kept: float, zipped: bool, state: State, save: Callable[..., str]) -> None:
    path = Path(save(state, _use_new_zipfile_serialization=zipped))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "is damaged" in refusal(str(path))


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.999])
def test_a_truncated_safetensors_file(kept: float, state: State, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "is damaged" in refusal(str(path))


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "pointer.pth"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "is damaged or not a PyTorch file" in refusal(str(path))


@pytest.mark.parametrize("zipped", [True, False])
def test_code_beside_the_weights_does_not_run(
    zipped: bool, state: State, save: Callable[..., str], tmp_path: Path
) -> None:
    path = save({"state_dict": state, "extra": Hostile(tmp_path / "ran")}, _use_new_zipfile_serialization=zipped)
    message = refusal(path)
    assert "posix.system" in message
    assert "could run code" in message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_a_bare_pickle_with_code_does_not_run(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Hostile(tmp_path / "ran"), protocol=protocol))
    assert "could run code" in refusal(str(path))
    assert not (tmp_path / "ran").exists()


def test_the_unsafe_pickle_runs_code_in_pickle(tmp_path: Path) -> None:
    """Else the tests above would pass for a file that does no harm anywhere."""
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Hostile(tmp_path / "ran")))
    subprocess.run([sys.executable, "-c", f"import pickle; pickle.load(open({str(path)!r}, 'rb'))"], check=True)
    assert (tmp_path / "ran").exists()


def test_a_pickled_module_names_its_class(save: Callable[..., str]) -> None:
    assert "the Python object torch.nn.modules.linear.Linear" in refusal(save(nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_torchscript_file(tmp_path: Path) -> None:
    path = tmp_path / "scripted.pt"
    torch.jit.script(nn.Linear(2, 2)).save(path)  # type: ignore[no-untyped-call]
    assert "a TorchScript program" in refusal(str(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "of type list, not a state dict"),
        (torch.ones(2), "of type Tensor, not a state dict"),
        ({}, "its keys are none"),
        ({"epoch": 1, "optimizer": {}}, "its keys are epoch, optimizer"),
        ({0: torch.ones(1)}, "its keys are 0"),
        ({"state_dict": {}}, "neither at the top level nor under state_dict_ema"),
        ({"state_dict": {"head.weight": "x"}}, "contains no state dict"),
    ],
)
def test_files_without_a_state_dict(content: object, said: str, save: Callable[..., str]) -> None:
    assert said in refusal(save(content))


def test_keys_of_another_model_name_it(state: State, save: Callable[..., str]) -> None:
    message = refusal(save(state), model="efficientmod_s")
    assert f"contains {NAME}, not efficientmod_s; use --model {NAME}" in message


def test_all_keys_that_do_not_match_are_reported(state: State, save: Callable[..., str]) -> None:
    misfit = {key: value for key, value in state.items() if not key.startswith("layers.3.blocks.3.")}
    misfit["extra.weight"] = torch.ones(1)
    misfit["norm.bias"] = torch.ones(3)
    message = refusal(save(misfit))
    assert "11 missing keys (layers.3.blocks.3.norm1.weight, " in message
    assert "and 6 more)" in message
    assert "1 unexpected keys (extra.weight)" in message
    assert "1 misshapen keys (norm.bias (3,) instead of (256,))" in message


def test_a_file_without_a_head(state: State, save: Callable[..., str]) -> None:
    backbone = {key: value for key, value in state.items() if not key.startswith(("head.", "norm."))}
    assert "4 missing keys (norm.weight, norm.bias, head.weight, head.bias)" in refusal(save(backbone))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_with_nan_or_infinity_are_refused(value: float, state: State, save: Callable[..., str]) -> None:
    broken = {key: tensor.clone() for key, tensor in state.items()}
    broken["layers.1.blocks.0.mlp.fc1.weight"][3, 4] = value
    broken["head.bias"][0] = value
    message = refusal(save(broken))
    assert "NaN or infinite weights in layers.1.blocks.0.mlp.fc1.weight, head.bias;" in message


@pytest.mark.parametrize("change", [torch.Tensor.to_sparse, lambda tensor: tensor + 0j])
def test_weights_that_are_not_dense_and_real(
    change: Callable[[torch.Tensor], torch.Tensor], state: State, save: Callable[..., str]
) -> None:
    message = refusal(save({**state, "head.bias": change(state["head.bias"])}))
    assert "sparse, complex or empty tensors in head.bias" in message


def test_weights_beyond_float32_are_infinite(state: State, save: Callable[..., str]) -> None:
    assert "infinite weights in head.bias" in refusal(
        save({**state, "head.bias": torch.full((10,), 1e300, dtype=torch.float64)})
    )


def test_a_file_of_another_model_needs_a_name(save: Callable[..., str]) -> None:
    assert "give --model NAME" in refusal(save({"weight": torch.ones(2)}), model=None)


def test_neither_model_nor_checkpoint() -> None:
    with pytest.raises(InputError, match="--model efficientmod_s, or --checkpoint FILE"):
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
    assert "is a safetensors file; rename it to end in .safetensors" in refusal(str(tmp_path / "weights.pth"))
    torch.save(state, tmp_path / "weights.safetensors")
    assert "is a PyTorch file; rename it to end in .pth" in refusal(str(tmp_path / "weights.safetensors"))


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

    def answer(error: Exception | None) -> str:
        monkeypatch.setattr("huggingface_hub.hf_hub_download", Hub(tmp_path, error))
        return refusal("hf-hub:owner/name")

    assert "contains neither model.safetensors nor pytorch_model.bin" in answer(None)
    assert "the Hub cannot be reached" in answer(LocalEntryNotFoundError("no connection"))
    assert "cannot be downloaded (OSError: 401 Unauthorized)." in answer(OSError("401 Unauthorized.\nmore lines"))
    assert "write hf-hub:owner/name" in answer(HFValidationError("bad name"))


def test_the_source_is_recorded_as_given(state: State, save: Callable[..., str]) -> None:
    path = save(state)
    assert read_checkpoint(path).source == path
