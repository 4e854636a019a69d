"""What a target is: one folder here whose `TARGET` says which files it makes, how, and what runs and proves them."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from efficientmod_export._stages import (
    Artifact,
    ComputePrecision,
    ConversionOptions,
    Interface,
    ModelFile,
    Precision,
    ProgressReport,
    Sample,
    Unit,
)
from efficientmod_export.foreign import converting
from efficientmod_export.parity import NoiseKind, Prober, Tolerance
from efficientmod_export.targets._file_lint import FileLint
from efficientmod_export.targets._phone_tool import PhoneTool
from efficientmod_export.targets._program import network_interface
from efficientmod_export.targets._runtime import Configuration, Runtime
from efficientmod_export.targets._unit_comparison import UnitComparison
from efficientmod_mobile.deploy import Program, Recipe
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError, InputError

MAIN = "main"
"""The part of a network that is all of it."""


@dataclass(frozen=True)
class Conversion:
    """What a converter tells of the file that it wrote.

    `least_runtime` is the oldest version that runs it. `delegates` and `outside` are what the runtime's accelerator
    takes and leaves, `rank` the most axes of any tensor; None where the file does not tell. `rewrites` counts what the
    converter did to the network.
    """

    least_runtime: str
    delegates: int | None = None
    outside: tuple[str, ...] = ()
    rank: int | None = None
    rewrites: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FromProgram:
    """The file is converted from the program: `convert(program, options, path)` writes `path`.

    The same program and options give the same bytes. Raises InputError where the options ask for what the target does
    not have, ConversionError where the converter refuses the program, OSError where the file cannot be written, in
    which case nothing of it is left.
    """

    convert: Callable[[Program, ConversionOptions, Path], Conversion]


@dataclass(frozen=True)
class FromArtifact:
    """The file is made from the target's own file of precision `source`, as quantisers and ahead-of-time compilers do:
    `convert(file, options, path)` writes `path`. Raises as in FromProgram.
    """

    source: Precision
    convert: Callable[[Path, ConversionOptions, Path], Conversion]


@dataclass(frozen=True)
class Place:
    """A unit that an artifact may run on, the arithmetic there, and how far from PyTorch the results may be.

    `noise` is the rounding that is a property of the network and the file, not a fault: it widens the `limits`.
    """

    unit: Unit
    compute_precision: ComputePrecision
    limits: Tolerance
    noise: NoiseKind


@dataclass(frozen=True)
class Variant:
    """A target's file in one precision: its name, the transforms that the network gets, where it may run.

    `default` is the precision that is made unless another is asked for; only the names of others say it.
    """

    target: str
    precision: Precision
    stem: str
    suffix: str
    recipe: Recipe
    step: FromProgram | FromArtifact
    places: tuple[Place, ...]
    default: bool = False

    @property
    def name(self) -> str:
        """The target, and the precision where it is not the default."""
        return self.target if self.default else f"{self.target} {self.precision}"

    def file(self, part: str = MAIN) -> str:
        """The file's name in a bundle, as in `model.tflite`, `model_int8_dynamic.tflite`, `model_boxes.tflite`."""
        words = [self.stem, *([] if part == MAIN else [part]), *([] if self.default else [self.precision])]
        return "_".join(words).replace("-", "_") + self.suffix

    def configurations(self, threads: int | None = None) -> tuple[Configuration, ...]:
        """Every place of the file, as a runtime opens it."""
        return tuple(self.configuration(place, threads) for place in self.places)

    def configuration(self, place: Place, threads: int | None = None) -> Configuration:
        """One place of the file, as a runtime opens it."""
        return Configuration(self.target, self.precision, place.unit, place.compute_precision, threads)


@dataclass(frozen=True)
class Interpreter:
    """Runs a target's files where their runtime does not exist, from what they say.

    Rounding to float16 hides a wrong operator. So a float32 conversion of the same program is held to `graph_limits`
    in float32 arithmetic, apart from the file itself, which is rounded as it says.
    """

    runtime: Runtime
    graph_limits: Tolerance


def same_as_network(network: Interface) -> Interface:
    """What an artifact takes and gives that takes and gives what the network does."""
    return network


@dataclass(frozen=True)
class Target:
    """One target.

    `extra` is the extra of this distribution that brings `modules`, which must import, and whose versions and those of
    the other `packages` a proof records. `variants` begins with the default. `interface` says what an artifact takes
    and gives, from what the network does. `ios_versions` are the least iOS that it can be made for, none where the
    file is the same for all. `in_all` targets are what `--target all` makes.

    `prober` shows values inside an artifact. `core_ml_package` opens the Core ML package that an artifact is or holds.
    `lint` reads what is known to go wrong with a file, anyone's, and raises InputError for one that is damaged.
    `compare_units` runs a file, anyone's, on every unit, on `.npy` files or random inputs.
    `describe_ranges` says in sentences how an artifact's values fill the range of its arithmetic. `phone_tools` measure
    on a phone, by what their binary's name contains.
    """

    name: str
    title: str
    extra: str
    modules: tuple[str, ...]
    packages: tuple[str, ...]
    variants: tuple[Variant, ...]
    runtime: Runtime
    interface: Callable[[Interface], Interface] = same_as_network
    interpreter: Interpreter | None = None
    prober: Callable[[Program, ModelFile], Prober] | None = None
    core_ml_package: Callable[[Path], AbstractContextManager[Path]] | None = None
    lint: Callable[[Path], FileLint] | None = None
    compare_units: Callable[[Path, Sequence[Path], ProgressReport], UnitComparison] | None = None
    describe_ranges: Callable[[ModelFile, Sequence[Sample]], tuple[str, ...]] | None = None
    phone_tools: tuple[PhoneTool, ...] = ()
    ios_versions: tuple[int, ...] = ()
    in_all: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError where the variants contradict each other."""
        if [variant.default for variant in self.variants] != [True, *[False] * (len(self.variants) - 1)]:
            raise ValueError(f"the first variant of {self.name}, and no other, is the default")
        if {variant.target for variant in self.variants} != {self.name}:
            raise ValueError(f"a variant of {self.name} names another target")
        for variant in self.variants:
            self._check_source(variant)

    def _check_source(self, variant: Variant) -> None:
        """A file that another one is made from holds the same network, and is not made from that one in turn."""
        if isinstance(variant.step, FromArtifact):
            before = self.variants[: self.variants.index(variant)]
            if variant.recipe not in [one.recipe for one in before if one.precision == variant.step.source]:
                raise ValueError(f"{variant.name} is made from no earlier variant with the same recipe")

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """What its files store, the default first."""
        return tuple(variant.precision for variant in self.variants)

    def makes(self, path: Path) -> bool:
        """Whether its files have this suffix."""
        return path.suffix in {variant.suffix for variant in self.variants}

    def variant(self, precision: str) -> Variant:
        """The variant of a precision. Raises InputError where there is none."""
        for variant in self.variants:
            if variant.precision == precision:
                return variant
        raise InputError(
            f"There is no {precision} form of {self.name}; choose from {', '.join(self.precisions)}.",
            code="unsupported_precision",
        )

    def demand(self) -> None:
        """Raise DependencyError when a module that the target needs is not installed; it names them all."""
        missing = [module for module in self.modules if importlib.util.find_spec(module) is None]
        if missing:
            raise DependencyError(
                f"The target {self.name} needs {', '.join(missing)}, not installed here: "
                f"run {pip_command(self.extra)}.",
                code="missing_package",
            )

    def check_ios(self, ios: int) -> None:
        """Raise InputError when the target cannot be made for this least iOS."""
        if self.ios_versions and ios not in self.ios_versions:
            known = ", ".join(map(str, self.ios_versions))
            raise InputError(
                f"The target {self.name} cannot be made for iOS {ios}; choose from {known}.", code="unsupported_ios"
            )

    def make(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Write the variant of `options.precision` into `folder`.

        Raises DependencyError where a module is missing, and what the variant's step raises.
        """
        variant = self.variant(options.precision)
        self.check_ios(options.ios)
        self.demand()
        path = folder / variant.file()
        with converting(self.name):
            if isinstance(variant.step, FromProgram):
                made = variant.step.convert(program, options, path)
            else:
                made = self._from_artifact(variant.step, program, options, path)
        interface = self.interface(network_interface(program, options))
        return Artifact(
            path=path,
            inputs=interface.inputs,
            outputs=interface.outputs,
            target=self.name,
            precision=variant.precision,
            runtime=self.title,
            least_runtime=made.least_runtime,
            delegates=made.delegates,
            outside=made.outside,
            rank=made.rank,
            rewrites=made.rewrites,
        )

    def _from_artifact(
        self, step: FromArtifact, program: Program, options: ConversionOptions, path: Path
    ) -> Conversion:
        with TemporaryDirectory() as workshop:
            source = self.make(program, replace(options, precision=step.source), Path(workshop))
            return step.convert(source.path, options, path)
