"""Checkpoints as training frameworks leave them: nested, with prefixes, losses and moving averages."""

import argparse
import pathlib
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile import Network, create_model, load_network
from efficientmod_mobile._key_views import key_views
from efficientmod_mobile.errors import CheckpointError, InputError

from ..raising import refused

State = dict[str, Tensor]
NAME = "efficientmod_xxs"


@pytest.fixture(scope="module")
def state() -> State:
    return create_model(NAME, num_classes=10).state_dict()


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], str]:
    monkeypatch.chdir(tmp_path)

    def write(content: object) -> str:
        torch.save(content, "weights.pth")
        return "weights.pth"

    return write


def under(prefix: str, state: Mapping[str, Tensor], more: float = 0.0) -> State:
    return {prefix + key: value + more for key, value in state.items()}


def check(network: Network, state: State, *notes: str) -> None:
    assert all(torch.equal(value, state[key]) for key, value in network.module.state_dict().items())
    assert network.weights.notes == notes


@pytest.mark.parametrize("model", [None, NAME])
@pytest.mark.parametrize("prefix", ["model.", "net.", "backbone.", "module.model.", "model._orig_mod."])
def test_a_prefix_of_all_keys_is_removed_and_said(
    prefix: str, model: str | None, state: State, save: Callable[[object], str]
) -> None:
    network = load_network(model, save({"state_dict": under(prefix, state), "epoch": 3}))
    check(network, state, "from state_dict", f"without the prefix {prefix}")
    assert network.num_classes == 10


def test_keys_of_a_loss_are_left_out_and_named(state: State, save: Callable[[object], str]) -> None:
    losses = {"loss_fn.pos_weight": torch.ones(3), "criterion.alpha": torch.ones(1)}
    left_out = "without 2 keys of a loss (loss_fn.pos_weight, criterion.alpha)"
    check(load_network(None, save({**losses, **under("model.", state)})), state, "without the prefix model.", left_out)
    wrapped = under("module.", {**under("net.", state), "train_loss.weight": torch.ones(2)})
    left_out = "without 1 keys of a loss (module.train_loss.weight)"
    check(load_network(NAME, save(wrapped)), state, "without the prefix module.net.", left_out)
    check(
        load_network(NAME, save({**state, "criterion.alpha": torch.ones(1)})),
        state,
        left_out.replace("module.train_loss.weight", "criterion.alpha"),
    )


def test_other_keys_are_not_left_out(state: State, save: Callable[[object], str]) -> None:
    with refused(CheckpointError, "checkpoint_mismatch", "1 unexpected keys (lossless.weight)"):
        load_network(NAME, save({**state, "lossless.weight": torch.ones(1)}))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("ema",), "ema"),
        (("model_ema", "module"), "model_ema.module"),
        (("ema_state_dict",), "ema_state_dict"),
        (("state", "params_ema"), "state.params_ema"),
        (("ema", "state_dict"), "ema.state_dict"),
    ],
)
def test_the_moving_average_is_found_wherever_it_lies(
    path: tuple[str, ...], key: str, state: State, save: Callable[[object], str]
) -> None:
    content: dict[str, Any] = dict(state)
    for name in reversed(path):
        content = {name: content, "decay": 0.999}
    other = under("", state, 1)
    network = load_network(NAME, save({"model": other, "optimizer": {"exp_avg": other}, **content}))
    check(network, state, f"from {key}")


def test_a_moving_average_beside_the_weights_in_one_state_dict(state: State, save: Callable[[object], str]) -> None:
    both = {**under("model.", state, 1), **under("model_ema.", state)}
    network = load_network(None, save({"state_dict": both}))
    check(network, state, "from state_dict", "without the prefix model_ema.", network.weights.notes[2])
    assert network.weights.notes[2].startswith(f"without {len(state)} keys beside the moving average (model.")


def test_another_state_dict_is_chosen_by_its_key(state: State, save: Callable[[object], str]) -> None:
    path = save({"ema": under("", state, 1), "model": {"student": state, "teacher": under("", state, 2)}})
    check(load_network(NAME, path, checkpoint_key="model.student"), state, "from model.student")
    with refused(CheckpointError, "no_such_checkpoint_key", "'model'", "ema, model.student, model.teacher"):
        load_network(NAME, path, checkpoint_key="model")
    with refused(InputError, "conflicting_options", "--checkpoint-key"):
        load_network(NAME, None, checkpoint_key="model")


def test_several_state_dicts_need_a_choice(state: State, save: Callable[[object], str]) -> None:
    with refused(CheckpointError, "ambiguous_checkpoint", "generator, critic", "--checkpoint-key"):
        load_network(NAME, save({"generator": state, "critic": state}))
    check(load_network(NAME, save({"generator": state, "epoch": 1})), state, "from generator")


def test_lightning_saves_more_tensors_than_the_weights(state: State, save: Callable[[object], str]) -> None:
    best = {"ModelCheckpoint": {"best_k_models": {"a.ckpt": torch.tensor(0.7)}, "best_model_score": torch.tensor(0.7)}}
    loops = {"fit_loop": {"state_dict": {}}}
    content = {"state_dict": under("model.", state), "callbacks": best, "loops": loops, "hyper_parameters": {"lr": 1.0}}
    check(load_network(None, save(content)), state, "from state_dict", "without the prefix model.")


def test_numbers_and_paths_of_the_arguments_are_no_code(state: State, save: Callable[[object], str]) -> None:
    arguments = argparse.Namespace(
        data=pathlib.PosixPath("/data"),
        lr=np.float64(1e-3),
        size=np.int64(3),
        mean=np.array([0.5, 0.5, 0.5]),
        on=np.True_,
    )
    check(load_network(NAME, save({"model": state, "args": arguments})), state, "from model")


@pytest.mark.parametrize("module", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_numbers_of_both_numpys(module: str, state: State, save: Callable[[object], str]) -> None:
    path = Path(save({"model": state, "best": np.float32(0.5)}))
    written = path.read_bytes()
    assert b"numpy._core.multiarray" in written
    # The pickle lies in the archive as it is; the shorter name is written by NumPy 1, with an archive of its own.
    assert pickle.loads(pickle.dumps(np.float32(0.5), 2).replace(b"numpy._core.multiarray", module.encode())) == 0.5
    check(load_network(NAME, str(path)), state, "from model")


def test_an_exported_program_is_told_as_what_it_is(tmp_path: Path) -> None:
    program = torch.export.export(nn.Linear(2, 2), (torch.ones(1, 2),))
    torch.export.save(program, tmp_path / "model.pt2")
    (tmp_path / "model.pt2").rename(tmp_path / "model.pth")
    with refused(CheckpointError, "exported_program_as_checkpoint", "model.pth", "torch.export"):
        load_network(NAME, str(tmp_path / "model.pth"))


def test_a_pickled_module_gets_the_line_to_type(save: Callable[[object], str], state: State) -> None:
    module = create_model(NAME, num_classes=10)
    module.load_state_dict(state)
    path = save(module)
    with refused(CheckpointError, "unsafe_checkpoint", "pickled module", "if you trust it") as caught:
        load_network(NAME, path)
    line = str(caught.value).partition("python -c ")[2].removesuffix(".")
    subprocess.run(f"{sys.executable} -c {line}", shell=True, check=True, cwd=Path.cwd())
    check(load_network(NAME, "weights.pth"), state)


def test_renamed_keys_are_told(state: State, save: Callable[[object], str]) -> None:
    renamed = {f"trunk_{index}": value for index, value in enumerate(state.values())}
    named = (
        f"all {len(state)} shapes",
        "trunk_0 for patch_embed.proj.weight",
        "torch.load('weights.pth', map_location='cpu')['net']",
    )
    with refused(CheckpointError, "checkpoint_keys_renamed", *named):
        load_network(NAME, save({"net": renamed}))


def test_a_network_whose_own_keys_have_a_prefix_keeps_it() -> None:
    own = {"features.0.weight": torch.ones(1), "features.1.loss.weight": torch.ones(1)}
    assert key_views(own)[0].state == own
    assert [view.prefix for view in key_views({"weight": torch.ones(1)})] == [""]
    assert [view.prefix for view in key_views({"a.b.weight": torch.ones(1)})] == ["", "a.", "a.b."]
