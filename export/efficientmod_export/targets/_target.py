"""A target: a folder whose `TARGET` defines which files it makes, how, and what runs and proves them."""

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
from efficientmod_export.bundle import LoadingCode
from efficientmod_export.foreign import converting
from efficientmod_export.parity import NoiseKind, Prober, Tolerance
from efficientmod_export.quantisation import Form, Grid
from efficientmod_export.targets._contents import FileContents, ReadDelegate
from efficientmod_export.targets._file_lint import FileLint
from efficientmod_export.targets._phone_tool import PhoneTool
from efficientmod_export.targets._program import network_interface, with_numbered_weights
from efficientmod_export.targets._runtime import Configuration, Runtime
from efficientmod_export.targets._unit_comparison import UnitComparison
from efficientmod_mobile.deploy import Program, Recipe
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError, InputError

MAIN = "main"
"""The part that is the whole network."""


@dataclass(frozen=True)
class Conversion:
    """A converter's report on the file that it wrote.

    `least_runtime` is the oldest version that runs it. `delegates` counts the parts that the runtime's delegate runs,
    `outside` names the operators outside them, `rank` is the highest rank of any tensor; None where the file does not
    tell. `rewrites` counts the converter's changes to the graph, `int8_weights` the weights stored as int8.
    """

    least_runtime: str
    delegates: int | None = None
    outside: tuple[str, ...] = ()
    rank: int | None = None
    rewrites: Mapping[str, int] = field(default_factory=dict)
    int8_weights: int = 0


@dataclass(frozen=True)
class FromProgram:
    """The file is converted from the program: `convert(program, options, path)` writes `path`.

    The same program and options give the same bytes. Raises InputError for options that the target does not support,
    ConversionError where the converter refuses the program, OSError where the file cannot be written, in which case no
    part of it remains.
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
    """A unit on which an artifact may run, the compute precision there, and the limits for its results.

    `noise` is the kind of rounding noise that is inherent in the network and the file; it widens the `limits`.
    """

    unit: Unit
    compute_precision: ComputePrecision
    limits: Tolerance
    noise: NoiseKind


@dataclass(frozen=True)
class Rounding:
    """The weights of a variant are rounded before the conversion, which stores them without a further loss.

    `runtime` computes with a file's stored values in float32. It must give what the rounded program gives, within
    `limits`, widened by what such storage costs the network, `noise`: so a wrong scale or operator shows, which the
    rounding would hide. `form` is what is rounded. `saved` is the number of bytes that a rounded weight takes less.

    Where activations are on grids, `grids` reads those that a file states, which must be the program's. Outputs cannot
    tell: two computations that round to the same grids soon differ as much as either does from none.
    """

    runtime: Runtime
    limits: Tolerance
    form: Form
    saved: float
    noise: NoiseKind = "float32"
    grids: Callable[[Path], frozenset[Grid]] | None = None


@dataclass(frozen=True)
class Variant:
    """A target's file in one precision: its name, the recipe for the program, the places where it may run.

    `default` is true for the precision that is made unless another is requested; only other variants have the precision
    in their names. `short` is a shorter name of the precision, under which each target has its best form.
    """

    target: str
    precision: Precision
    stem: str
    suffix: str
    recipe: Recipe
    step: FromProgram | FromArtifact
    places: tuple[Place, ...]
    default: bool = False
    rounding: Rounding | None = None
    short: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What its precision may be called."""
        return frozenset({self.precision, self.short or self.precision})

    @property
    def name(self) -> str:
        """The target, and the precision where it is not the default."""
        return self.target if self.default else f"{self.target} {self.precision}"

    def file(self, part: str = MAIN) -> str:
        """The file's name in a bundle, such as `model.tflite`, `model_int8_dynamic.tflite`, `model_boxes.tflite`."""
        words = [self.stem, *([] if part == MAIN else [part]), *([] if self.default else [self.precision])]
        return "_".join(words).replace("-", "_") + self.suffix

    def configurations(self, threads: int | None = None) -> tuple[Configuration, ...]:
        """A configuration for each place of the file."""
        return tuple(self.configuration(place, threads) for place in self.places)

    def configuration(self, place: Place, threads: int | None = None) -> Configuration:
        """The configuration for one place of the file."""
        return Configuration(self.target, self.precision, place.unit, place.compute_precision, threads)


@dataclass(frozen=True)
class Interpreter:
    """Runs a target's files operator by operator on machines without their runtime.

    Rounding to float16 hides a wrong operator. So besides the file itself, rounded as it declares, a float32 conversion
    of the same program is run in float32 arithmetic, with the limits `graph_limits`.
    """

    runtime: Runtime
    graph_limits: Tolerance


def same_as_network(network: Interface) -> Interface:
    """The interface of an artifact with the network's own inputs and outputs."""
    return network


@dataclass(frozen=True)
class Target:
    """One target.

    `extra` is the extra of this distribution that installs `modules`, which must import. A proof records their versions
    and those of the other `packages`. `variants` begins with the default. `interface` maps the network's inputs and
    outputs to an artifact's. `ios_versions` are the least iOS versions for which it can be made, empty where the file
    is the same for all. `--target all` makes the targets with `in_all`.

    `prober` reads values inside an artifact, `gpu_prober` on a GPU in a compute precision. `core_ml_package`
    opens the Core ML package that an artifact is or contains. `contents` reads what is in any file of the format, and
    `delegate` what is in a part of it that the runtime of this name takes. `lint` finds known problems in any file of
    the format, and raises InputError for a damaged one. `compare_units` runs any such file on every unit, on `.npy`
    files or random inputs. `describe_ranges` reports in sentences how much of its arithmetic's range an artifact's
    values use. `phone_tools` measure on a phone; their binaries are recognised by their names. `code` loads a file in
    an app; None where no phone runs it.
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
    gpu_prober: Callable[[Program, ModelFile, ComputePrecision], Prober] | None = None
    core_ml_package: Callable[[Path], AbstractContextManager[Path]] | None = None
    contents: Callable[[Path], FileContents] | None = None
    delegate: tuple[str, ReadDelegate] | None = None
    lint: Callable[[Path], FileLint] | None = None
    compare_units: Callable[[Path, Sequence[Path], ProgressReport], UnitComparison] | None = None
    describe_ranges: Callable[[ModelFile, Sequence[Sample]], tuple[str, ...]] | None = None
    phone_tools: tuple[PhoneTool, ...] = ()
    code: LoadingCode | None = None
    ios_versions: tuple[int, ...] = ()
    in_all: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError where the variants contradict each other."""
        if [variant.default for variant in self.variants] != [True, *[False] * (len(self.variants) - 1)]:
            raise ValueError(f"the first variant of {self.name} must be the default, and no other")
        if {variant.target for variant in self.variants} != {self.name}:
            raise ValueError(f"a variant of {self.name} names another target")
        for variant in self.variants:
            self._check_source(variant)

    def _check_source(self, variant: Variant) -> None:
        """Raise ValueError where a file is not made from an earlier variant's with the same recipe."""
        if isinstance(variant.step, FromArtifact):
            before = self.variants[: self.variants.index(variant)]
            if variant.recipe not in [one.recipe for one in before if one.precision == variant.step.source]:
                raise ValueError(f"{variant.name} must be made from an earlier variant with the same recipe")

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The precisions of its variants, the default first."""
        return tuple(variant.precision for variant in self.variants)

    def makes(self, path: Path) -> bool:
        """Whether its files have this suffix."""
        return path.suffix in {variant.suffix for variant in self.variants}

    def variant(self, precision: str) -> Variant:
        """The variant of a precision. Raises InputError where there is none."""
        for variant in self.variants:
            if precision in variant.names:
                return variant
        raise InputError(
            f"{self.name} has no precision {precision}; choose from {', '.join(self.precisions)}.",
            code="unsupported_precision",
        )

    def demand(self) -> None:
        """Raise DependencyError when modules that the target needs are not installed; it names them all."""
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

        Raises DependencyError where a module is missing, and the errors of the variant's step.
        """
        variant = self.variant(options.precision)
        self.check_ios(options.ios)
        self.demand()
        path = folder / variant.file()
        if not options.names:
            program = with_numbered_weights(program)
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
            int8_weights=made.int8_weights,
        )

    def _from_artifact(
        self, step: FromArtifact, program: Program, options: ConversionOptions, path: Path
    ) -> Conversion:
        with TemporaryDirectory() as workshop:
            source = self.make(program, replace(options, precision=step.source), Path(workshop))
            return step.convert(source.path, options, path)
