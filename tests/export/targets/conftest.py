"""Small networks whose weights give every part an effect on the outputs, and conversions without output."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._prove import Held
from efficientmod_export._stages import (
    Artifact,
    ConversionOptions,
    ModelFile,
    NamedInput,
    Normalisation,
    Outputs,
    Precision,
    Runner,
    Sample,
    SampleInput,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import MeasuredWith, Verdict, judge
from efficientmod_export.quantisation import Rounded, StaticPrograms, round_weights, with_static_activations
from efficientmod_export.targets import Variant, find_target, input_values, runner_of
from efficientmod_mobile.deploy import Program, capture, run

# PyTorch writes thousands of debug records of its own to this logger as soon as somebody listens, as pytest does.
logging.getLogger("torch.__trace").disabled = True

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
CLASSES = 7

Convert = Callable[..., Artifact]
JudgeElsewhere = Callable[..., Verdict]


class Attention(nn.Module):
    """Two heads over positions; q, k and v cut from the last axis."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        n, length, dim = x.shape
        q, k, v = (part.reshape(n, length, 2, dim // 2).transpose(1, 2) for part in self.qkv(x).split(dim, -1))
        weights = (q @ k.transpose(-2, -1)).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, length, dim))


class Classifier(nn.Module):
    """Each kind of layer in EfficientMod once: (1, 3, 16, 24) -> (1, CLASSES)."""

    def __init__(self, dim: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, dim, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 2 * dim)
        self.depthwise = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.fc2 = nn.Linear(2 * dim, dim)
        self.attention = Attention(dim)
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.stem(x).permute(0, 2, 3, 1))
        context = F.gelu(self.depthwise(y.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = y + self.fc2(F.gelu(self.fc1(y)) * context.repeat(1, 1, 1, 2))
        y = y.flatten(1, 2)
        y = y + self.attention(y)
        return self.head(y.mean(1))


class Backbone(nn.Module):
    """Two feature maps and a vector, of ranks 4, 4 and 2."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, stride=2, padding=1)
        self.second = nn.Conv2d(5, 6, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        one = torch.relu(self.first(x))
        two = self.second(one)
        return one, two, two.mean((2, 3))


class RankFive(nn.Module):
    """Channels shuffled through a tensor of rank 5, which is also an output."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.last = nn.Conv2d(6, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.stem(x)
        n, _, h, w = y.shape
        groups = y.reshape(n, 2, 3, h, w)
        return groups, self.last(groups.transpose(1, 2).reshape(n, 6, h, w))


def strengthen(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights of a scale at which no layer is close to an identity or to nothing."""
    generator = np.random.default_rng(seed)
    for name, parameter in module.named_parameters():
        scale = 1.5 / parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 0.5
        centre = 1.0 if name == "norm.weight" else 0.0
        values = centre + scale * generator.standard_normal(parameter.shape)
        parameter.data = torch.from_numpy(values).float()
    return module.eval()


def options(
    precision: Precision = "fp32", *, ios: int = 16, labels: tuple[str, ...] | None = None
) -> ConversionOptions:
    return ConversionOptions(
        precision,
        ios,
        (NamedInput("input", Normalisation(MEAN, STD)),),
        labels,
        "toy",
        "A toy network.",
        "Ada",
        "MIT",
        "1.5",
    )


def run_by(target: str, file: ModelFile) -> Runner:
    """A file in the runtime of a target, as its default variant is opened on the first unit that it has."""
    variant = find_target(target).variants[0]
    return runner_of(find_target(target).runtime.open(file, variant.configurations()[0]), file)


@pytest.fixture(scope="session")
def classifier() -> Program:
    return capture(strengthen(Classifier()), torch.zeros(1, 3, 16, 24))


@pytest.fixture(scope="session")
def backbone() -> Program:
    return capture(strengthen(Backbone()), torch.zeros(1, 3, 16, 24))


@pytest.fixture(scope="session")
def rank_five() -> Program:
    return capture(strengthen(RankFive()), torch.zeros(1, 3, 8, 10))


@pytest.fixture(scope="session")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Convert once per set of arguments: `convert(target, program, precision, ios=..., labels=...)`."""
    made: dict[object, Artifact] = {}

    def cached(target: str, program: Program, precision: Precision = "fp32", **more: object) -> Artifact:
        key = (target, id(program), precision, tuple(more.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp(target)
            with quiet():
                made[key] = find_target(target).make(program, options(precision, **more), folder)  # type: ignore[arg-type]
        return made[key]

    return cached


def sample_for(program: Program, seed: int = 1) -> Sample:
    """Pixels of one scale and shift per channel, so that no two channels can be exchanged."""
    _, channels, height, width = program.examples[0].shape
    generator = np.random.default_rng(seed)
    pixels = (generator.random((height, width, channels)) * (120, 180, 250) + (100, 50, 0)).astype(np.uint8)
    tensor = ((pixels / 255.0 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    return Sample("made", "structured", (SampleInput(np.ascontiguousarray(tensor), pixels, pixels),))


@pytest.fixture(scope="session")
def made_sample() -> Callable[[Program], Sample]:
    return sample_for


@pytest.fixture(scope="session")
def calibration() -> list[tuple[Tensor, ...]]:
    """What the classifier is rounded for."""
    torch.manual_seed(2)
    return [(torch.randn(1, 3, 16, 24),) for _ in range(8)]


@pytest.fixture(scope="session")
def rounded(classifier: Program, calibration: list[tuple[Tensor, ...]]) -> Rounded:
    """The classifier with rounded weights."""
    return round_weights(classifier, calibration)


@pytest.fixture(scope="session")
def static(rounded: Rounded, calibration: list[tuple[Tensor, ...]]) -> StaticPrograms:
    """As well with activations on grids."""
    return with_static_activations(rounded.program, calibration, results=True)


@pytest.fixture(scope="session")
def held(rounded: Rounded) -> Held:
    """What the classifier with rounded weights gives."""
    return held_to(rounded.program)


def held_to(program: Program) -> Held:
    """A sample with what the program gives for it."""
    sample = sample_for(program)
    outputs = tuple(output.numpy() for output in run(program, torch.from_numpy(sample.inputs[0].tensor)))
    return Held((sample,), (outputs,))


@pytest.fixture(scope="session")
def errors() -> Callable[[Artifact, Program], list[float]]:
    """Run an artifact and PyTorch on one sample: the largest error of each output, relative to its range."""

    def measure(artifact: Artifact, program: Program) -> list[float]:
        sample = sample_for(program)
        with quiet():
            results: Outputs = run_by(artifact.target, artifact)(sample)
        expected = [output.numpy() for output in run(program, torch.from_numpy(sample.inputs[0].tensor))]
        assert [r.shape for r in results] == [e.shape for e in expected]
        assert {r.dtype for r in results} == {np.dtype(np.float32)}
        return [float(np.abs(r - e).max() / np.ptp(e)) for r, e in zip(results, expected, strict=True)]

    return measure


@pytest.fixture(scope="session")
def judge_elsewhere(call: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> JudgeElsewhere:
    """Judge a file with one input and one output by the results of another environment's runtime.

    `code` is run there with three paths: the file, an .npy with an input for each sample, and the .npy to write, with
    an output for each.
    """

    def judged(
        python: Path, code: str, file: ModelFile, held: Held, variant: Variant, measured_with: MeasuredWith
    ) -> Verdict:
        folder = tmp_path_factory.mktemp("elsewhere")
        given, results = folder / "inputs.npy", folder / "outputs.npy"
        np.save(given, np.stack([input_values(file.inputs, sample)[0] for sample in held.samples]))
        call(python, "-c", code, file.path, given, results)
        outputs: list[Outputs | str] = [(values,) for values in np.load(results)]
        names = [sample.name for sample in held.samples]
        return judge(names, held.references, outputs, variant.places[0].limits, measured_with)

    return judged
