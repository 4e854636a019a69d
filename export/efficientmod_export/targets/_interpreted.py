"""The ML program of an artifact in the MIL interpreter, whether a package or a `.pte` holds it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from efficientmod_export._stages import Sample
from efficientmod_export.mil import Arithmetic, MILProgram
from efficientmod_export.targets.coreml._convert import IMAGE
from efficientmod_export.targets.executorch_coreml._inner_package import unpacked

INTERPRETED = ("coreml", "executorch-coreml")
"""The targets whose artifacts are ML programs."""

PTE = ".pte"


@dataclass(frozen=True)
class Interpreted:
    """`feed` makes a sample the program's inputs; `outputs` are the program's names of the artifact's outputs."""

    program: MILProgram
    feed: Callable[[Sample], Mapping[str, Any]]
    outputs: tuple[str, ...]


def load_interpreted(path: Path, outputs: Sequence[str], arithmetic: Arithmetic) -> Interpreted:
    """Load an artifact of one of INTERPRETED, whose outputs have these names.

    Raises what `MILProgram.load` and `unpacked` raise.
    """
    if path.suffix != PTE:
        program = MILProgram.load(path, arithmetic=arithmetic)
        return Interpreted(program, lambda sample: {IMAGE: sample.pixels}, tuple(outputs))
    with unpacked(path) as inner:
        program = MILProgram.load(inner.path, arithmetic=arithmetic)
        (name,) = inner.inputs
        return Interpreted(program, lambda sample: {name: sample.tensor}, inner.outputs)


@contextmanager
def package_of(path: Path) -> Iterator[Path]:
    """The Core ML package that an artifact of one of INTERPRETED is or holds."""
    if path.suffix != PTE:
        yield path
        return
    with unpacked(path) as inner:
        yield inner.path
