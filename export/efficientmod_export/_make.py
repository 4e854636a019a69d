"""Make and prove variants: each target in a process of its own, its variants one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from torch import nn

from efficientmod_export._calibration import CalibrationInputs, RoundedSubject, float_inputs, in_float, rounded
from efficientmod_export._earlier import EarlierProofs
from efficientmod_export._prove import conclusions, float32_outputs, parity_failure, prove, prove_graph, prove_rounding
from efficientmod_export._published import HiddenNames
from efficientmod_export._request import ExportRequest
from efficientmod_export._result import VariantResult
from efficientmod_export._rounding_there import rounded_there
from efficientmod_export._stages import DONE, Artifact, ConversionOptions, ProgressReport, Unit
from efficientmod_export._subject import Subject
from efficientmod_export.bundle import Credits, ProvenArtifact, describe_artifact, total_size
from efficientmod_export.bundle.contract import Check
from efficientmod_export.foreign import Ended, run_apart
from efficientmod_export.targets import Variant, find_target
from efficientmod_mobile.deploy import Deployed, Original, Program, Recipe, deploy
from efficientmod_mobile.errors import ConversionError, EfficientModError

ROOM = 0.99
"""Of the bytes left for weights in float; the rest is for what describes them."""


@dataclass(frozen=True)
class Material:
    """What every variant is made of: the network, its captured program, what was asked for, and the bundle's folder."""

    request: ExportRequest
    subject: Subject
    program: Program
    class_names: tuple[str, ...] | None
    calibration: CalibrationInputs
    earlier: EarlierProofs
    folder: Path


@dataclass(frozen=True)
class Source:
    """The program that a variant is converted from; where its weights were rounded, what that program computes, and the
    steps of the weights whose inputs are not rounded.
    """

    deployed: Deployed
    rounding: RoundedSubject | None
    float_inputs: frozenset[float] = frozenset()

    @property
    def program(self) -> Program:
        """With rounded weights, where they are."""
        return self.rounding.program if self.rounding else self.deployed.program


def make_variants(
    variants: Sequence[Variant], material: Material, progress: ProgressReport
) -> tuple[VariantResult, ...]:
    """Convert and prove each. The failure of one, and the crash of a target's process, are in the results; a full disk
    ends the whole export.
    """
    sources = _Sources(material)
    by_target = {name: tuple(group) for name, group in groupby(variants, lambda variant: variant.target)}

    def work(group: tuple[Variant, ...]) -> Callable[[ProgressReport, Callable[[VariantResult], None]], None]:
        def make(report: ProgressReport, give: Callable[[VariantResult], None]) -> None:
            for variant in group:
                give(_Making(variant, material, sources, report).result())
            report(f"{group[0].target}: {DONE}")

        return make

    ended = run_apart({name: work(group) for name, group in by_target.items()}, progress)
    return tuple(result for name, group in by_target.items() for result in _with_crash(group, ended[name]))


def _with_crash(variants: Sequence[Variant], ended: Ended[VariantResult]) -> tuple[VariantResult, ...]:
    """The results of a target; those that its process did not give are failures."""
    missing = variants[len(ended.results) :]
    return (*ended.results, *(_crashed(variant, ended.crash) for variant in missing))


def _crashed(variant: Variant, crash: str | None) -> VariantResult:
    failure = ConversionError(
        f"{variant.name}: the process that converts and proves it crashed: {crash}; export with "
        f"--target {variant.target} alone, when nothing else needs the memory, and with --verbose, which shows what "
        "the converter says.",
        code="converter_crashed",
    )
    return VariantResult(variant.name, variant.target, variant.precision, None, failure, 0.0, 0.0)


class _Sources:
    """The program of each recipe, transformed and rounded once."""

    def __init__(self, material: Material) -> None:
        original = Original.of(material.program)
        self.deployed: Callable[[Recipe], Deployed] = cache(lambda recipe: deploy(material.program, recipe, original))
        self.rounded: Callable[[Recipe], RoundedSubject] = cache(
            lambda recipe: _rounded(material, recipe, self.deployed(recipe).program)
        )
        self.float_inputs: Callable[[Recipe], frozenset[float]] = cache(
            lambda recipe: float_inputs(self.deployed(recipe).program, self.rounded(recipe), material.calibration)
        )


def _rounded(material: Material, recipe: Recipe, program: Program) -> RoundedSubject:
    """Here, or by a worker of the cluster that was asked for."""
    calibration, held = material.calibration, material.subject.held
    if material.request.scheduler is None:
        return rounded(program, calibration, held)
    return rounded_there(material.request, recipe, program, calibration, held)


@dataclass(frozen=True)
class _Making:
    """One variant on its way."""

    variant: Variant
    material: Material
    sources: _Sources
    progress: ProgressReport

    def result(self) -> VariantResult:
        variant = self.variant
        began, units = time.perf_counter(), dict[Unit, float]()
        proven: ProvenArtifact | None = None
        failure: EfficientModError | None = None
        try:
            source = self._source()
            self.progress(f"{variant.name}: converting")
            artifact = self._converted(source)
            if self.material.request.max_size is not None and source.rounding is not None:
                artifact, source = self._filled(artifact, source, self.material.request.max_size)
            self.progress(f"{variant.name}: proving")
            checks = self._checks(artifact, source, units)
            proven = self._described(artifact, source, checks)
            failure = parity_failure(variant, checks)
        except EfficientModError as error:
            failure = error
        seconds, on_gpu = time.perf_counter() - began, units.get("gpu", 0.0)
        return VariantResult(variant.name, variant.target, variant.precision, proven, failure, seconds, on_gpu)

    def _source(self) -> Source:
        self.progress(f"{self.variant.name}: exact transforms")
        deployed = self.sources.deployed(self.variant.recipe)
        if self.variant.rounding is None:
            return Source(deployed, None)
        self.progress(f"{self.variant.name}: rounding the weights")
        rounding = self.sources.rounded(self.variant.recipe)
        if not self.variant.rounding.inputs:
            return Source(deployed, rounding)
        self.progress(f"{self.variant.name}: measuring what rounded inputs cost")
        return Source(deployed, rounding, self.sources.float_inputs(self.variant.recipe))

    def _converted(self, source: Source) -> Artifact:
        options = replace(self._options(), float_inputs=source.float_inputs)
        return find_target(self.variant.target).make(source.program, options, self.material.folder)

    def _filled(self, artifact: Artifact, source: Source, most: int) -> tuple[Artifact, Source]:
        """The file with the layers in float for which a size of at most `most` bytes has room. Raises ConversionError
        where it is larger without any.
        """
        variant, calibration = self.variant, self.material.calibration
        size = total_size(artifact.path)
        if size > most:
            raise ConversionError(
                f"{artifact.path.name} has {size} bytes with every layer in int8, and --max-size is {most}; give a "
                "larger one, or a smaller network.",
                code="over_max_size",
            )
        if variant.rounding is None or source.rounding is None:
            raise AssertionError(f"{variant.name} has no rounded weights")
        self.progress(f"{variant.name}: measuring what each layer's rounding costs")
        exact, room = source.deployed.program, (most - size) // variant.rounding.saved
        reads_int8 = any(place.compute_precision == "int8" for place in variant.places)
        kept = in_float(exact, source.rounding, calibration, int(ROOM * room), round_inputs=reads_int8)
        if not kept:
            return artifact, source
        rounding = rounded(exact, calibration, self.material.subject.held, kept)
        steps = float_inputs(exact, rounding, calibration) if variant.rounding.inputs else frozenset[float]()
        filled = Source(source.deployed, rounding, steps)
        self.progress(f"{variant.name}: converting with {len(kept)} layers in float")
        larger = self._converted(filled)
        return (larger, filled) if total_size(larger.path) <= most else (self._converted(source), source)

    def _options(self) -> ConversionOptions:
        request = self.material.request
        options = self.material.subject.options(
            self.variant.precision, ios=request.ios, labels=self.material.class_names
        )
        return replace(_with_credits(options, request.credits), names=not request.hides_names)

    def _checks(self, artifact: Artifact, source: Source, seconds: dict[Unit, float]) -> tuple[Check, ...]:
        variant, held = self.variant, self.material.subject.held
        known = self.material.earlier.of(variant, artifact)
        checks = prove(variant, artifact, held, self.material.request.units, known=known, seconds=seconds)
        if source.rounding is not None:
            return checks + prove_rounding(variant, artifact, source.rounding.held)
        return checks + prove_graph(variant, source.program, self._options(), held)

    def _described(self, artifact: Artifact, source: Source, checks: tuple[Check, ...]) -> ProvenArtifact:
        subject = self.material.subject
        described = describe_artifact(
            artifact,
            source.deployed.certificate,
            checks,
            conclusions(self.variant, checks, subject.held),
            self.material.folder,
            subject.inputs,
            subject.outputs,
            float32_outputs(self.variant, artifact, subject.held),
            source.rounding.evidence(artifact.int8_weights) if source.rounding else None,
            source.rounding.calibration if source.rounding else None,
        )
        return _without_names(described, subject.network.module) if self.material.request.hides_names else described


def _without_names(described: ProvenArtifact, module: nn.Module) -> ProvenArtifact:
    hidden, evidence = HiddenNames.of(module), described.evidence
    rounding = hidden.in_rounding(evidence.rounding) if evidence.rounding else None
    told = {"transforms": hidden.in_transforms(evidence.transforms), "rounding": rounding}
    return replace(described, evidence=evidence.model_copy(update=told))


def _with_credits(options: ConversionOptions, credited: Credits) -> ConversionOptions:
    stated = {name: value for name, value in asdict(credited).items() if value is not None}
    return replace(options, **stated)
