"""Make and prove variants: each target in a process of its own, its variants one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from torch import nn

from efficientmod_export._calibration import CalibrationInputs, RoundedSubject, rounded, shaped
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
from efficientmod_export.quantisation import LayerCost, costliest, layer_costs
from efficientmod_export.targets import Rounding, Variant, find_target
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
    """The program that a variant is converted from, and where its weights were rounded, what that program computes."""

    deployed: Deployed
    rounding: RoundedSubject | None

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
        self.rounded: Callable[[Recipe, int | None], RoundedSubject] = cache(
            lambda recipe, colours: _rounded(material, recipe, self.deployed(recipe).program, colours)
        )
        self.costs: Callable[[Recipe, int | None, bool], tuple[LayerCost, ...]] = cache(
            lambda recipe, colours, round_inputs: layer_costs(
                self.deployed(recipe).program,
                self.rounded(recipe, colours).program,
                material.calibration.inputs,
                round_inputs=round_inputs,
            )
        )


def _rounded(material: Material, recipe: Recipe, program: Program, colours: int | None) -> RoundedSubject:
    """Here, or by a worker of the cluster that was asked for."""
    calibration, held = material.calibration, material.subject.held
    if material.request.scheduler is None:
        return rounded(program, calibration, held, colours)
    return rounded_there(material.request, recipe, program, calibration, held, colours)


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
            artifact, source = self._made()
            self.progress(f"{variant.name}: proving")
            checks = self._checks(artifact, source, units)
            proven = self._described(artifact, source, checks)
            failure = parity_failure(variant, checks, self.material.subject.doubt)
        except EfficientModError as error:
            failure = error
        seconds, on_gpu = time.perf_counter() - began, units.get("gpu", 0.0)
        return VariantResult(variant.name, variant.target, variant.precision, proven, failure, seconds, on_gpu)

    def _made(self) -> tuple[Artifact, Source]:
        self.progress(f"{self.variant.name}: exact transforms")
        deployed = self.sources.deployed(self.variant.recipe)
        if self.variant.rounding is None:
            return self._converted(Source(deployed, None))
        self.progress(f"{self.variant.name}: rounding the weights")
        rounding = self.sources.rounded(self.variant.recipe, self.variant.rounding.form.colours)
        most = self.material.request.max_size
        if most is None:
            return self._converted(self._in_form(deployed, rounding, None))
        artifact, source = self._converted(self._in_form(deployed, rounding, 0))
        filled = self._in_form(deployed, rounding, self._room(artifact, most))
        if filled.rounding is None or filled.rounding.result.layers == rounding.result.layers:
            return artifact, source
        larger = self._converted(filled)
        return larger if total_size(larger[0].path) <= most else self._converted(source)

    def _in_form(self, deployed: Deployed, rounding: RoundedSubject, weights: int | None) -> Source:
        """With at most this number of weights in float; None for as many as the form may have."""
        form, calibration, kept = self._rounding.form, self.material.calibration, frozenset[str]()
        if weights is None:
            weights = form.room(deployed.program, rounding.result)
        if weights:
            self.progress(f"{self.variant.name}: measuring what each layer's rounding costs")
            kept = costliest(self.sources.costs(self.variant.recipe, form.colours, form.rounds_inputs), weights)
        return Source(deployed, shaped(form, deployed.program, rounding, calibration, kept))

    def _converted(self, source: Source) -> tuple[Artifact, Source]:
        self.progress(f"{self.variant.name}: converting")
        target = find_target(self.variant.target)
        return target.make(source.program, self._options(), self.material.folder), source

    def _room(self, artifact: Artifact, most: int) -> int:
        """The weights for which a file of at most `most` bytes has room in float. Raises ConversionError where it is
        larger without any.
        """
        size = total_size(artifact.path)
        if size > most:
            raise ConversionError(
                f"{artifact.path.name} has {size} bytes with every layer in int8, and --max-size is {most}; give a "
                "larger one, or a smaller network.",
                code="over_max_size",
            )
        return int(ROOM * (most - size) / self._rounding.saved)

    @property
    def _rounding(self) -> Rounding:
        if self.variant.rounding is None:
            raise AssertionError(f"{self.variant.name} has no rounded weights")
        return self.variant.rounding

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
            return checks + prove_rounding(variant, artifact, source.rounding.held, source.rounding.grids)
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
