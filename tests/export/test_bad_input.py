"""Bad input on the command line: one clear sentence, the right exit code, no traceback, nothing lost, nothing left."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result

from efficientmod_export.bundle import BundleWriter
from efficientmod_mobile import create_model, realistic_state

Command = Callable[..., Result]
State = dict[str, torch.Tensor]

SLOW = """
import time
from pathlib import Path


def build():
    Path("building").touch()
    time.sleep(60)
"""


class Hostile:
    """Unpickled, it would write a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch executed",)


@pytest.fixture(scope="module")
def state() -> State:
    shapes = {key: tuple(value.shape) for key, value in create_model("efficientmod_xxs").state_dict().items()}
    return {key: torch.from_numpy(value) for key, value in realistic_state(shapes, 0).items()}


@pytest.fixture
def earlier(efficientmod: Command, tiny_model: str) -> Iterator[Path]:
    """A bundle that stands in the output folder already, and must stand there unchanged afterwards."""
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "out", "--quiet")
    assert made.exit_code == 0, made.output
    before = contents(Path("out"))
    yield Path("out")
    assert contents(Path("out")) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leftovers() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if path.name.startswith("."))


def assert_refused(result: Result, exit_code: int, code: str, *names: str) -> None:
    """Of a command that ran with `--json`: one document with the code, and one sentence with what it is about."""
    assert result.exit_code == exit_code, result.output
    assert isinstance(result.exception, SystemExit)
    message = result.stderr
    assert message.count("Error:") == 1
    assert "Traceback" not in message
    for name in names:
        assert name in message
    error = json.loads(result.stdout)["error"]
    assert error["code"] == code
    assert message == f"Error: {error['message']}\n"
    assert leftovers() == []


def assert_failed(result: Result, exit_code: int, code: str, *names: str) -> dict[str, Any]:
    """Of a command that ran with `--json` and went on with the other variants: what it printed."""
    assert result.exit_code == exit_code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    (failure,) = [variant["failure"] for variant in document["variants"] if variant["failure"]]
    assert failure["code"] == code
    for name in names:
        assert name in failure["message"]
    assert leftovers() == []
    return document


@pytest.mark.usefixtures("earlier")
class TestCheckpoints:
    """Files of weights that cannot be used."""

    def refuse(self, efficientmod: Command, code: str, *names: str, model: str = "efficientmod_xxs") -> None:
        arguments = ("export", "--model", model, "--checkpoint", "my.pth", "--target", "tflite", "--output", "out")
        assert_refused(efficientmod(*arguments, "--json"), 2, code, *names)

    def test_truncated(self, efficientmod: Command, state: State) -> None:
        torch.save(state, "my.pth")
        Path("my.pth").write_bytes(Path("my.pth").read_bytes()[:100_000])
        self.refuse(efficientmod, "damaged_checkpoint", "my.pth")

    def test_that_would_run_code(self, efficientmod: Command, state: State) -> None:
        torch.save({**state, "hook": Hostile()}, "my.pth")
        self.refuse(efficientmod, "unsafe_checkpoint", "my.pth")
        assert not Path("executed").exists()

    def test_of_another_model(self, efficientmod: Command, state: State) -> None:
        torch.save(state, "my.pth")
        self.refuse(efficientmod, "checkpoint_of_other_model", "efficientmod_xxs", model="efficientmod_s")

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_with_nan_or_infinite_weights(self, efficientmod: Command, state: State, value: float) -> None:
        broken = {**state, "head.bias": torch.full_like(state["head.bias"], value)}
        torch.save(broken, "my.pth")
        self.refuse(efficientmod, "nonfinite_weights", "head.bias")

    def test_that_is_not_there(self, efficientmod: Command) -> None:
        self.refuse(efficientmod, "missing_checkpoint", "my.pth")


class TestOptions:
    """Options that do not fit the network, or that name nothing."""

    def refuse(
        self, efficientmod: Command, code: str, *arguments: object, names: Sequence[str] = (), exit_code: int = 2
    ) -> None:
        assert_refused(efficientmod("export", "--target", "tflite", *arguments, "--json"), exit_code, code, *names)
        assert not Path("out").exists()

    def test_labels_of_another_count(self, efficientmod: Command, tiny_model: str) -> None:
        Path("labels.txt").write_text("cat\ndog\n")
        asked = ("--model", tiny_model, "--labels", "labels.txt")
        self.refuse(efficientmod, "wrong_label_count", *asked, names=("labels.txt", "2 lines", "7 classes"))

    @pytest.mark.usefixtures("tiny_model")
    def test_a_resolution_not_divisible_by_32(self, efficientmod: Command) -> None:
        asked = ("--model", "efficientmod_xxs", "--resolution", "230x224")
        self.refuse(efficientmod, "indivisible_resolution", *asked, names=("230x224",))

    @pytest.mark.usefixtures("tiny_model")
    def test_a_resolution_left_empty(self, efficientmod: Command) -> None:
        self.refuse(efficientmod, "invalid_resolution", "--model", "efficientmod_xxs", "--resolution", "")

    @pytest.mark.usefixtures("tiny_model")
    def test_a_resolution_beyond_memory(self, efficientmod: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = ("--model", "efficientmod_xxs", "--resolution")
        self.refuse(efficientmod, "invalid_resolution", *asked, "224x99999", names=("224x99999", "4096"))

        def overflow(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr("efficientmod_export._network_inputs.make_samples", overflow)
        self.refuse(efficientmod, "out_of_memory", *asked, "4096", exit_code=4)

    @pytest.mark.usefixtures("tiny_model")
    def test_an_unknown_model(self, efficientmod: Command) -> None:
        self.refuse(efficientmod, "unknown_model", "--model", "efficientmod_xs1", names=("efficientmod_xs ",))

    @pytest.mark.usefixtures("tiny_model")
    def test_neither_model_nor_checkpoint(self, efficientmod: Command) -> None:
        self.refuse(efficientmod, "no_model_named", names=("--model",))

    def test_a_precision_that_no_target_of_them_has(self, efficientmod: Command, tiny_model: str) -> None:
        asked = ("--target", "onnx", "--target", "executorch", "--precision", "fp16")
        result = efficientmod("export", "--model", tiny_model, *asked, "--json")
        assert_refused(result, 2, "unsupported_precision", "fp16", "onnx", "executorch", "--precision")

    @pytest.mark.usefixtures("tiny_model")
    def test_an_unknown_precision(self, efficientmod: Command) -> None:
        asked = ("--model", "efficientmod_xxs", "--precision", "fp32", "--precision", "int3")
        self.refuse(efficientmod, "unknown_precision", *asked, names=("int3",))


class TestDestinations:
    """Output folders that cannot become a bundle."""

    def refuse(self, efficientmod: Command, tiny_model: str, output: str, code: str, *names: str) -> None:
        result = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", output, "--json")
        assert_refused(result, 2, code, output, *names)

    def test_a_file(self, efficientmod: Command, tiny_model: str) -> None:
        Path("out").write_text("mine")
        self.refuse(efficientmod, tiny_model, "out", "output_is_file")
        assert Path("out").read_text() == "mine"

    def test_that_cannot_be_written(self, efficientmod: Command, tiny_model: str) -> None:
        self.refuse(efficientmod, tiny_model, "/proc/out", "output_not_writable")

    def test_a_folder_with_other_files(self, efficientmod: Command, tiny_model: str) -> None:
        Path("out").mkdir()
        Path("out/thesis.tex").write_text("mine")
        self.refuse(efficientmod, tiny_model, "out", "output_not_empty", "thesis.tex")
        assert [path.name for path in Path("out").iterdir()] == ["thesis.tex"]

    def test_that_another_export_writes(self, efficientmod: Command, tiny_model: str, earlier: Path) -> None:
        with BundleWriter(earlier):
            result = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "out", "--json")
        assert_refused(result, 2, "output_locked", "out")

    def test_on_a_full_disk(self, efficientmod: Command, tiny_model: str, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
        if mounted.returncode:
            pytest.skip("mounting a small disk needs root")
        try:
            self.refuse(efficientmod, tiny_model, str(disk / "out"), "disk_full")
            assert list(disk.iterdir()) == []
        finally:
            subprocess.run(["umount", disk], check=True)


@pytest.mark.usefixtures("tiny_model")
def test_ctrl_c_in_the_middle_leaves_the_earlier_bundle(earlier: Path) -> None:
    Path("slow_network.py").write_text(SLOW)
    command = [sys.executable, "-m", "efficientmod_export", "export", "--model", "slow_network:build", "-t", "onnx"]
    process = subprocess.Popen([*command, "--output", earlier], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not Path("building").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "Interrupted; nothing was written" in message
    assert "Traceback" not in message
    assert leftovers() == []


def test_a_missing_package_fails_its_target_and_keeps_the_earlier_bundle(
    efficientmod: Command, tiny_model: str, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "coremltools" else find_spec(name))
    arguments = ("--model", tiny_model, "--target", "onnx", "--target", "coreml")
    result = efficientmod("export", *arguments, "--output", earlier, "--json")
    told = assert_failed(result, 3, "missing_package", 'pip install "efficientmod-mobile[coreml]"')
    assert told["bundle"] is None
    assert "coreml" in told["note"]

    beside = efficientmod("export", *arguments, "--output", "new")
    assert beside.exit_code == 3
    assert {path.name for path in Path("new").iterdir()} == {
        "golden",
        "manifest.json",
        "model.onnx",
        "proof.json",
        "README.md",
    }


def test_a_failed_parity_leaves_no_bundle_unless_it_is_kept(
    efficientmod: Command, tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from efficientmod_export import _reference

    sound = _reference.reference_outputs

    def shifted(*arguments: object) -> object:
        outputs, names = sound(*arguments)  # type: ignore[arg-type]
        return tuple(tuple(values + 0.1 for values in sample) for sample in outputs), names

    monkeypatch.setattr("efficientmod_export._subject.reference_outputs", shifted)
    arguments = ("export", "--model", tiny_model, "--target", "onnx", "--output", "out")
    assert assert_failed(efficientmod(*arguments, "--json"), 1, "wrong_result", "onnx")["bundle"] is None
    assert not Path("out").exists()
    assert efficientmod(*arguments, "--keep-failed").exit_code == 1
    assert '"status": "failed"' in Path("out/manifest.json").read_text()
    again = assert_failed(efficientmod(*arguments, "--keep-failed", "--json"), 1, "wrong_result")
    assert (again["bundle"], again["note"]) == ("out", None)
    assert_failed(efficientmod("verify", "out", "--json"), 1, "wrong_result")
    quiet = efficientmod("verify", "out", "--quiet")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr.count("Error:")) == (1, "", 1)
    rounded = ("export", "--model", tiny_model, "--target", "tflite", "--precision", "fp16", "--output", "half")
    assert_failed(efficientmod(*rounded, "--json"), 1, "wrong_result", "tflite fp16")
