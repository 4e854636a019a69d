"""Networks of several inputs: what the user says of them, and every target's file of such networks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export import PictureInput, TensorInput, export, verify_bundle
from efficientmod_export._network_inputs import declared_inputs, in_order, parse_input
from efficientmod_export.bench import bench_bundle
from efficientmod_export.bundle.contract import open_bundle, read_tensor
from efficientmod_mobile import IMAGENET, Network, Weights
from efficientmod_mobile.deploy import EXACT, Original, capture, deploy, run
from efficientmod_mobile.errors import ConversionError, InputError
from tests.raising import refused

MODULE = """
import torch
from torch import nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 2, 1)

    def forward(self, left, right):
        return self.head((self.stem(left)[..., :13] - self.stem(right)[..., :13]).abs())


class Told(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.film, self.words = nn.Conv2d(1, 8, 3, 2, 1), nn.Linear(6, 8), nn.Embedding(10, 8)
        self.depth, self.head = nn.Conv2d(2, 8, 3, 2, 1), nn.Linear(8, 5)

    def forward(self, picture, state, tokens, depth):
        told = self.film(state)[:, :, None, None] + self.words(tokens).mean(1)[..., None, None]
        return {"scores": self.head((self.stem(picture).relu() * told).mean((2, 3))), "map": self.depth(depth)}


def siamese():
    torch.manual_seed(0)
    return Siamese()


def told():
    torch.manual_seed(0)
    return Told()
"""

TOKENS = np.array([[1, 3, 9]])
SIAMESE = (PictureInput("left", (18, 26)), PictureInput("right", (18, 34)))
TOLD = (
    PictureInput("picture", (18, 26)),
    TensorInput("state", (1, 6)),
    TensorInput("tokens", TOKENS.shape, TOKENS),
    TensorInput("depth", (1, 2, 14, 22)),
)


class Difference(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)

    def forward(self, left: Tensor, right: Tensor, index: Tensor) -> Tensor:
        return (self.stem(left) - self.stem(right))[:, index]


def network(module: nn.Module) -> Network:
    return Network("net", module.eval(), None, Weights("module", sha256="0" * 64), IMAGENET)


def test_an_input_is_read_from_text(tmp_path: Path) -> None:
    assert parse_input("left=picture:192x256") == PictureInput("left", (192, 256))
    assert parse_input("left=picture") == PictureInput("left", None)
    assert parse_input("left=pixels:192x256") == PictureInput("left", (192, 256), pixels=True)
    assert parse_input("state=tensor:1x16") == TensorInput("state", (1, 16))
    np.save(tmp_path / "tokens.npy", TOKENS)
    given = parse_input(f"tokens={tmp_path / 'tokens.npy'}")
    assert isinstance(given, TensorInput)
    assert given.values is not None
    np.testing.assert_array_equal(given.values, TOKENS)


@pytest.mark.parametrize(
    "text", ["left", "left=192x256", "2=picture", "x=tensor:1x", "x=picture:", "x.y=picture", "x=no.npy"]
)
def test_other_text_is_no_input(text: str) -> None:
    with refused(InputError, "invalid_input"):
        parse_input(text)


@pytest.mark.parametrize(
    "given",
    [
        TensorInput("x", (1, 0)),
        TensorInput("x", (1,) * 6),
        TensorInput("x", (2,), np.zeros(2, np.complex64)),
        TensorInput("x", (1,), np.array([np.nan])),
    ],
)
def test_a_tensor_that_no_network_takes(given: TensorInput) -> None:
    with refused(InputError, "invalid_input", "x"):
        declared_inputs(network(Difference()), None, [given])


def test_inputs_with_the_names_of_parameters_get_their_order() -> None:
    left, right = SIAMESE
    module = Difference()
    assert list(in_order(module, [right, left])) == [left, right]
    assert list(in_order(module, [PictureInput("b"), PictureInput("a")])) == [PictureInput("b"), PictureInput("a")]


def test_samples_of_several_pictures_differ() -> None:
    declared, samples = declared_inputs(network(Difference()), None, [*SIAMESE, TensorInput("state", (1, 6))])
    assert [one.kind for one in declared] == ["picture", "picture", "tensor"]
    assert [one.shape for one in declared] == [(1, 3, 18, 26), (1, 3, 18, 34), (1, 6)]
    for sample in samples:
        left, right, state = sample.inputs
        assert left.source is not None
        assert right.source is not None
        assert not np.array_equal(left.source[:200, :200], right.source[:200, :200])
        assert state.source is None
        assert state.tensor.shape == (1, 6)
    assert len({sample.inputs[2].tensor.tobytes() for sample in samples}) == len(samples)


def test_a_program_of_several_inputs_is_transformed_exactly() -> None:
    torch.manual_seed(0)
    module, index = Difference().eval(), torch.tensor([2, 0, 2])
    left, right = torch.randn(1, 3, 9, 12), torch.randn(1, 3, 9, 12)
    program = capture(module, left, right, index)
    assert torch.equal(run(program, left, right, index)[0], module(left, right, index))
    original = Original.of(program)
    assert [[x.dtype for x in inputs] for inputs in original.inputs[:1]] == [
        [torch.float64, torch.float64, torch.int64]
    ]
    deployed = deploy(program, EXACT, original)
    assert deployed.certificate.float64_error <= 1e-12
    with refused(ConversionError, "wrong_example_input"):
        capture(module, index.bool())


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "networks_of_several_inputs.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return "networks_of_several_inputs"


def test_what_to_type_is_said(modules: str) -> None:
    with refused(ConversionError, "several_inputs", "--input left=picture:224x224 --input right=picture:224x224"):
        export(f"{modules}:siamese", targets=("tflite",))
    with refused(InputError, "conflicting_options", "--resolution"):
        export(f"{modules}:siamese", targets=("tflite",), resolution=(18, 26), inputs=SIAMESE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["siamese", "told"])
def test_every_target_takes_them(name: str, modules: str, tmp_path: Path) -> None:
    given = {"siamese": SIAMESE, "told": TOLD}[name]
    targets = ("coreml", "executorch", "executorch-coreml", "onnx", "tflite")
    result = export(
        f"{modules}:{name}",
        targets=targets,
        output=tmp_path / "out",
        inputs=given,
        units=("cpu",),
        precisions=("fp32",),
    )
    result.raise_for_failure()

    bundle = open_bundle(tmp_path / "out")
    names = [one.name for one in given]
    assert [one.name for one in bundle.manifest.inputs] == names
    for entry in bundle.manifest.artifacts:
        assert [own.input for own in entry.inputs] == names
        own = {own.input: own for own in entry.inputs}
        if entry.target == "coreml":
            assert own[names[0]].dtype == "uint8"
        if entry.target in ("coreml", "onnx", "tflite"):
            files = [one.rstrip("_") for one in (spec.name for spec in entry.inputs)]  # `state` is a word of MIL
            assert files == names
    for sample in bundle.manifest.golden:
        assert [one.picture is None for one in sample.inputs] == [isinstance(one, TensorInput) for one in given]
        if name == "told":
            stored = sample.inputs[2].tensor
            np.testing.assert_array_equal(read_tensor(bundle.path / stored.file, (1, 3), "int64"), TOKENS)

    verified = verify_bundle(tmp_path / "out", layers=True, model=f"{modules}:{name}")
    assert verified.exit_code == 0
    assert all("no layer drifts" in sentences[0] for sentences in verified.layers.values())
    measured = bench_bundle(tmp_path / "out", model=f"{modules}:{name}", threads=1, runs=2, warmup=1)
    assert {"pytorch eager", "tflite", "tflite plain"} <= {row.name for row in measured.rows}
