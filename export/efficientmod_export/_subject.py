"""The subject of an export: a network, its inputs and outputs, and what PyTorch computes for the parity samples."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._input_forms import in_forms
from efficientmod_export._network_inputs import NamedInputs, declared_inputs, in_order
from efficientmod_export._preprocessing_told import preprocessing_told
from efficientmod_export._prove import Held
from efficientmod_export._reference import reference_outputs
from efficientmod_export._stages import (
    ConversionOptions,
    Interface,
    NamedInput,
    Normalisation,
    Precision,
    Sample,
)
from efficientmod_export._undecided import Undecided, decided, undecided_samples
from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import Input, Output, Step, Weights
from efficientmod_export.parity import FLOAT_KINDS, NoiseKind, network_noise, torch_inputs
from efficientmod_export.targets import file_names, input_names, network_inputs, network_outputs
from efficientmod_export.tasks import NetworkFacts, all_tasks, recognise
from efficientmod_mobile import Network
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.deploy.analysis import value_ranges
from efficientmod_mobile.errors import InputError
from efficientmod_mobile.output_names import distinct


@dataclass(frozen=True)
class Subject:
    """A network, what it takes, what its outputs are for, and what its artifacts are compared with.

    `after_network` is what an app does with the outputs; `output_names` are the names that the network gives them;
    `undecided` the samples on which rounding decides what it gives.
    """

    network: Network
    task: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    after_network: Sequence[Step]
    held: Held
    output_names: tuple[str | None, ...]
    undecided: Undecided | None = None

    @property
    def left_out(self) -> str | None:
        """What is not proven, and why; None where all samples are."""
        return (
            f"Left out of the proof: {self.undecided.told}." if self.undecided and not self._holds_undecided else None
        )

    @property
    def doubt(self) -> str | None:
        """Why a failed proof need not be a fault; None where PyTorch decides what the network gives."""
        return f"{self.undecided.told}." if self.undecided and self._holds_undecided else None

    @property
    def _holds_undecided(self) -> bool:
        return self.undecided is not None and self.undecided.names[0] in {one.name for one in self.held.samples}

    @property
    def resolution(self) -> tuple[int, int] | None:
        """(H, W) of the first picture in pixels; None where the network takes none."""
        return resolution_of(self.inputs)

    @property
    def preprocessing(self) -> Preprocessing | None:
        """How pictures become the network's first one; None where it takes none."""
        return next((one.preprocessing for one in self.inputs if one.preprocessing), None)

    @property
    def pictures(self) -> str:
        """How pictures become the input, and where that is stated, in a sentence."""
        if self.preprocessing is None:
            return "The network takes no picture."
        return preprocessing_told(self.preprocessing, self.network.preprocessing.origins)

    @property
    def weights(self) -> Weights:
        """Where the weights come from, as the manifest states it."""
        weights = self.network.weights
        return Weights.of(weights.kind, sha256=weights.sha256, seed=weights.seed, notes=weights.notes)

    @property
    def interface(self) -> Interface:
        """The inputs and outputs of the network itself."""
        shapes = tuple(output.shape for output in self.outputs)
        names = file_names(shapes, self.output_names)
        outputs = network_outputs(names, shapes, [output.dtype for output in self.outputs])
        taken = network_inputs(
            converter_inputs(self.inputs), tuple(one.shape for one in self.inputs), [one.dtype for one in self.inputs]
        )
        return Interface(taken, outputs)

    def capture(self) -> Program:
        """Its program, untransformed. Raises ConversionError where it cannot be captured."""
        program = capture(self.network.module, *torch_inputs(self.held.samples[0]))
        return replace(program, output_names=self.output_names if program.output_names else ())

    def options(
        self, precision: Precision, *, ios: int = DEFAULT_IOS, labels: tuple[str, ...] | None = None
    ) -> ConversionOptions:
        """The options of a conversion; `labels` are the names of the classes."""
        weights = self.network.weights
        return ConversionOptions(
            precision=precision,
            ios=ios,
            inputs=converter_inputs(self.inputs),
            labels=labels,
            scores="probabilities" if any(one.meaning == "probabilities" for one in self.outputs) else "logits",
            model_name=self.network.name,
            description=f"{self.network.name}, weights: {self.weights.statement}.",
            version=weights.sha256[:12] if weights.sha256 else weights.kind,
        )


def subject_of(network: Network, resolution: tuple[int, int] | None = None, inputs: NamedInputs = ()) -> Subject:
    """Run the network in PyTorch on the parity samples: on pictures of `resolution` (H, W) or its own, or on `inputs`.

    What nothing states of its preprocessing is its task's default. Raises InputError for inputs that no network takes,
    ModelError where its preprocessing is not supported, ConversionError where it does not run.
    """
    inputs = in_order(network.module, inputs)
    subject, facts = _run(network, resolution, inputs)
    default = all_tasks()[subject.task].default_preprocessing(facts)
    preprocessing = network.preprocessing.or_default(default)
    if preprocessing != network.preprocessing:
        subject, _ = _run(replace(network, preprocessing=preprocessing), resolution, inputs)
    return _without_undecided(subject)


def _run(network: Network, resolution: tuple[int, int] | None, inputs: NamedInputs) -> tuple[Subject, NetworkFacts]:
    """The network with the preprocessing that it has, and the facts from which its task was recognised."""
    declared, samples = declared_inputs(network, resolution, inputs)
    formed = in_forms(network, samples[0], inputs)
    if formed.preprocessing != network.preprocessing:
        declared, samples = declared_inputs(formed, resolution, inputs)
    network = formed
    references, names = reference_outputs(network.module, samples)
    names = distinct(names, [one.name for one in declared])
    shapes = tuple(one.shape for one in declared)
    facts = NetworkFacts(network.num_classes, shapes, references, partial(_bounds, network, samples[0]))
    name = recognise(facts)
    task = all_tasks()[name]
    outputs = tuple(
        output if own is None else output.model_copy(update={"name": own})
        for output, own in zip(task.outputs(facts), names, strict=True)
    )
    _check_names(declared, outputs, names)
    steps = task.after_network(outputs, declared)
    return Subject(network, name, declared, outputs, steps, Held(samples, references), names), facts


def _without_undecided(subject: Subject) -> Subject:
    """The subject without the samples on which rounding decides, where enough are left."""
    held = subject.held
    undecided = undecided_samples(subject.network.module, held.samples, held.references)
    if undecided is None:
        return subject
    kept = decided(held.samples, held.references, undecided)
    return replace(subject, held=Held(*kept) if kept else held, undecided=undecided)


def _bounds(network: Network, sample: Sample, index: int) -> tuple[float, float]:
    """The interval in which an output lies, by the operators that give it."""
    program = capture(network.module, *torch_inputs(sample))
    outputs: Any = program.graph.output_node().args[0]
    return value_ranges(program.graph).get(outputs[index], (-math.inf, math.inf))


def _check_names(inputs: Sequence[Input], outputs: Sequence[Output], own: Sequence[str | None]) -> None:
    """Raise InputError where an input is called as an output without a name of its own is, in bundles or in files."""
    in_files = file_names(tuple(output.shape for output in outputs), own)
    both = {one.name for one in inputs} & {*in_files, *(output.name for output in outputs)}
    if both:
        raise InputError(
            f"An input and an output are both called {min(both)}; let forward() return its outputs in a dictionary, "
            "whose keys name them.",
            code="input_named_as_output",
        )


def resolution_of(inputs: Sequence[Input]) -> tuple[int, int] | None:
    """(H, W) of the first picture among a network's inputs."""
    crops = (one.preprocessing.crop for one in inputs if one.preprocessing)
    return next(((crop.height, crop.width) for crop in crops), None)


def converter_inputs(inputs: Sequence[Input]) -> tuple[NamedInput, ...]:
    """A network's inputs, with the names that they have in files."""
    names = input_names([one.name for one in inputs])
    return tuple(
        NamedInput(name, Normalisation(one.preprocessing.mean, one.preprocessing.std) if one.preprocessing else None)
        for name, one in zip(names, inputs, strict=True)
    )


def with_noise(subject: Subject, program: Program, kinds: Collection[NoiseKind] = FLOAT_KINDS) -> Subject:
    """The subject with the network's rounding noise of these kinds, measured on its captured program."""
    held = subject.held
    noise = network_noise(program, held.samples, kinds)
    return replace(subject, held=replace(held, noise=noise))
