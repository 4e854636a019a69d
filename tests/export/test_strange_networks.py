"""Networks of the user's own that cannot be exported: one sentence says why, and nothing is left behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]

MODULE = """
import sys
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        y = x.mean((2, 3))
        {body}


def build():
    {builder}
    return Net().eval()
"""


@pytest.fixture
def export(efficientmod: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Export a network whose forward ends in these lines to ONNX."""

    def run(name: str, body: str, builder: str = "pass", *options: str) -> Result:
        (tmp_path / f"{name}.py").write_text(MODULE.format(body=body, builder=builder))
        monkeypatch.chdir(tmp_path)
        arguments = ("--model", f"{name}:build", "--resolution", "32", "--target", "onnx", "--output", "out")
        return efficientmod("export", *arguments, *options)

    return run


def check_refused(result: Result, exit_code: int, code: str, *names: str) -> None:
    """Of an export with `--json`."""
    assert result.exit_code == exit_code, result.output
    assert "Traceback" not in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == code
    for name in names:
        assert name in result.stderr


@pytest.mark.parametrize(
    ("name", "body", "code", "named"),
    [
        ("raises_value", "raise ValueError('no such thing')", "network_does_not_run", "ValueError: no such thing"),
        ("raises_assertion", "assert x.shape[2] == 224, 'height 224'", "network_does_not_run", "height 224"),
        ("gives_none", "return None", "no_output_tensor", ""),
        ("gives_complex_ones", "return torch.fft.rfft(y)", "unsupported_output", "torch.view_as_real(y)"),
        ("gives_nothing", "return y[:, :0]", "unsupported_output", "shape (1, 0)"),
        ("is_random", "return y + torch.rand(1, 3)", "random_output", ""),
        ("drops_out", "return nn.functional.dropout(y)", "random_output", ""),
        ("drops_out_rarely", "return nn.functional.dropout(y, 1e-6)", "random_output", ""),
        ("gives_a_sparse_one", "return y.to_sparse()", "unsupported_output", "torch.sparse_coo"),
        ("gives_a_meta_one", "return y.to('meta')", "unsupported_output", "meta"),
        ("ends_the_program", "sys.exit(0)", "network_does_not_run", "SystemExit: 0"),
        ("draws_elsewhere", "import random; return y + random.random()", "random_output", ""),
    ],
)
def test_a_network_that_cannot_be_exported(
    export: Callable[..., Result], name: str, body: str, code: str, named: str
) -> None:
    check_refused(export(name, body, "pass", "--json"), 4, code, named)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wants_gradients", "with torch.enable_grad(): return self.layer(x)"),
        ("gives_a_parameter", "return self.layer.bias.reshape(1, 4, 1, 1)"),
    ],
)
def test_gradients_do_not_matter(export: Callable[..., Result], name: str, body: str) -> None:
    result = export(name, body, "net = Net(); net.layer = nn.Conv2d(3, 4, 1); return net.eval()")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("is_lazy", "nn.LazyConv2d(4, 1)"),
        ("is_on_meta", "nn.Conv2d(3, 4, 1, device='meta')"),
        ("is_sparse", "nn.ParameterDict({'weight': torch.eye(3).to_sparse()})"),
    ],
)
def test_a_layer_without_values(export: Callable[..., Result], name: str, layer: str) -> None:
    result = export(name, "return y", f"net = Net(); net.layer = {layer}; return net.eval()", "--json")
    check_refused(result, 2, "uninitialized_weights", f"{name}:build", "layer.weight")


def test_an_output_whose_size_depends_on_the_picture(export: Callable[..., Result]) -> None:
    result = export("depends", "return torch.nonzero(y).float()", "pass", "--json")
    assert isinstance(result.exception, SystemExit)
    check_refused(result, 4, "dynamic_size")


def test_a_builder_that_ends_the_program(export: Callable[..., Result]) -> None:
    result = export("ends", "return y", "sys.exit(0)", "--json")
    check_refused(result, 2, "model_build_failed", "ends:build", "SystemExit")


def test_a_preprocessing_that_cannot_be_done(export: Callable[..., Result]) -> None:
    builder = "Net.pretrained_cfg = {'input_size': (3, 32, 32), 'crop_pct': 1.1}"
    check_refused(export("crops", "return y", builder, "--json"), 2, "unsupported_preprocessing", "the crop is 1.1")


def test_errors_are_printed_whatever_is_quiet(export: Callable[..., Result]) -> None:
    result = export("quietly", "return y.erfinv().cumsum(1)", "pass", "--target", "tflite", "--quiet")
    assert result.exit_code == 4
    assert result.stdout == ""
    assert "tflite" in result.stderr


def test_verbose_keeps_the_exit_code(efficientmod: Command) -> None:
    result = efficientmod("export", "--model", "nosuch", "--target", "onnx", "--verbose")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "Error:" in result.stderr


def test_a_network_that_watches_its_values(export: Callable[..., Result]) -> None:
    """It gives other numbers each time; that it is prepared for int8 is the reason."""
    watched = "net = Net()\n    net.watch = torch.ao.quantization.FakeQuantize()\n    return net.eval()"
    result = export("watches", "return self.watch(y)", watched, "--json")
    check_refused(result, 4, "quantised_network", "prepares a quantisation of its values", "--precision int8")
