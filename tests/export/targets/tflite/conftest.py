"""The benchmark's files with one operator each, anyone's: they are not of this project's writer."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[4] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """`benchmarks/gpu_operators.py`, which makes the files and runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import gpu_operators

        yield gpu_operators
        for name in [*sys.modules]:
            if name.partition(".")[0] in ("gpu_operators", "gpu_cases", "_tables"):
                del sys.modules[name]
