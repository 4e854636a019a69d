"""The subject of an export: a network, its inputs and outputs, and what PyTorch computes for the parity samples."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import torch
from pydantic import ValidationError

from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._preprocessing_told import preprocessing_told
from efficientmod_export._prove import Held
from efficientmod_export._reference import reference_outputs
from efficientmod_export._stages import ConversionOptions, Interface, Normalisation, Precision
from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import Input, Output, Step, Weights
from efficientmod_export.parity import FLOAT_KINDS, NoiseKind, make_samples, network_noise
from efficientmod_export.targets import file_names, network_outputs, pytorch_interface
from efficientmod_export.tasks import NetworkFacts, all_tasks, recognise
from efficientmod_mobile import Network
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.errors import ModelError

PICTURE = "image"
"""The name of the network's input in a bundle."""


@dataclass(frozen=True)
class Subject:
    """A network, how pictures become its input, what its outputs are for, and what its artifacts are compared with.

    `after_network` is what an app does with the outputs; `output_names` are the names that the network gives them.
    """

    network: Network
    preprocessing: Preprocessing
    task: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    after_network: Sequence[Step]
    held: Held
    output_names: tuple[str | None, ...]

    @property
    def resolution(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.preprocessing.crop.height, self.preprocessing.crop.width

    @property
    def pictures(self) -> str:
        """How pictures become the input, and where that is stated, in a sentence."""
        return preprocessing_told(self.preprocessing, self.network.preprocessing.origins)

    @property
    def weights(self) -> Weights:
        """Where the weights come from, as the manifest states it."""
        weights = self.network.weights
        return Weights.of(weights.kind, sha256=weights.sha256, seed=weights.seed, notes=weights.notes)

    @property
    def interface(self) -> Interface:
        """The inputs and outputs of the network itself."""
        (picture,) = self.inputs
        normalisation = Normalisation(self.preprocessing.mean, self.preprocessing.std)
        shapes = tuple(output.shape for output in self.outputs)
        names = file_names(shapes, self.output_names)
        outputs = network_outputs(names, shapes, [output.dtype for output in self.outputs])
        return pytorch_interface(picture.shape, normalisation, outputs)

    def capture(self) -> Program:
        """Its program, untransformed. Raises ConversionError where it cannot be captured."""
        return capture(self.network.module, example_input(self.preprocessing))

    def options(
        self, precision: Precision, *, ios: int = DEFAULT_IOS, labels: tuple[str, ...] | None = None
    ) -> ConversionOptions:
        """The options of a conversion; `labels` are the names of the classes."""
        weights = self.network.weights
        return ConversionOptions(
            precision=precision,
            ios=ios,
            mean=self.preprocessing.mean,
            std=self.preprocessing.std,
            labels=labels,
            scores="probabilities" if any(one.meaning == "probabilities" for one in self.outputs) else "logits",
            model_name=self.network.name,
            description=f"{self.network.name}, weights: {self.weights.statement}.",
            version=weights.sha256[:12] if weights.sha256 else weights.kind,
        )


def subject_of(network: Network, resolution: tuple[int, int] | None = None) -> Subject:
    """Run the network in PyTorch on the parity samples, at `resolution` (H, W) or its own.

    What nothing states of its preprocessing is its task's default. Raises ModelError where its preprocessing is not
    supported, ConversionError where it does not run.
    """
    subject, facts = _run(network, resolution)
    default = all_tasks()[subject.task].default_preprocessing(facts)
    preprocessing = network.preprocessing.or_default(default)
    if preprocessing == network.preprocessing:
        return subject
    return _run(replace(network, preprocessing=preprocessing), resolution)[0]


def _run(network: Network, resolution: tuple[int, int] | None) -> tuple[Subject, NetworkFacts]:
    """The network with the preprocessing that it has, and the facts from which its task was recognised."""
    preprocessing = preprocessing_of(network, resolution)
    samples = make_samples(preprocessing)
    references, names = reference_outputs(network.module, samples)
    held = Held(samples, references)
    inputs = (Input.picture(PICTURE, preprocessing),)
    facts = NetworkFacts(network.num_classes, (inputs[0].shape,), held.references)
    name = recognise(facts)
    task = all_tasks()[name]
    outputs = tuple(
        output if own is None else output.model_copy(update={"name": own})
        for output, own in zip(task.outputs(facts), names, strict=True)
    )
    steps = task.after_network(outputs, inputs)
    return Subject(network, preprocessing, name, inputs, outputs, steps, held, names), facts


def with_noise(subject: Subject, program: Program, kinds: Collection[NoiseKind] = FLOAT_KINDS) -> Subject:
    """The subject with the network's rounding noise of these kinds, measured on its captured program."""
    held = subject.held
    noise = network_noise(program, held.samples, kinds)
    return replace(subject, held=replace(held, noise=noise))


def preprocessing_of(network: Network, resolution: tuple[int, int] | None) -> Preprocessing:
    """How pictures become the network's input, at `resolution` (H, W) or the network's own.

    Raises ModelError where the network's own configuration contradicts itself.
    """
    try:
        return Preprocessing.from_config(network.preprocessing, resolution or network.preprocessing.input_size)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ModelError(
            f"The preprocessing that {network.name} states is not supported ({reason}).",
            code="unsupported_preprocessing",
        ) from error


def example_input(preprocessing: Preprocessing) -> torch.Tensor:
    """The zeros (1, 3, H, W) that a program is captured with; only their shape matters."""
    return torch.zeros(1, 3, preprocessing.crop.height, preprocessing.crop.width)
