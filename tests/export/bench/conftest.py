"""Made-up results, so that nothing is measured."""

from pathlib import Path

import pytest

from efficientmod_export.bench import BenchResult, Ratio, Row, Settings, Skipped
from efficientmod_export.bench._plan import EAGER, Timing


@pytest.fixture
def result() -> BenchResult:
    """An artifact that takes 2, 4, 3 ms in three rounds, its plain conversion, PyTorch; and one that was skipped."""
    timings = {
        "executorch": Timing(2, 10.0, (2.0, 4.0, 3.0)),
        "executorch plain": Timing(2, 12.0, (4.0, 4.0, 4.0)),
        EAGER: Timing(2, None, (8.0, 8.0, 9.0)),
    }
    return BenchResult(
        bundle=Path("out"),
        model="my.module:build",
        weights="seeded: for latency only",
        resolution=(64, 96),
        settings=Settings("Linux x86_64, a processor, 2 processors", 0.25, 2, 3, 1),
        macs=50_000_000,
        macs_per_second=100e9,
        rows=(
            Row.of("executorch", "artifact", "ExecuTorch 1.4.1", "fp32", timings["executorch"]),
            Row.of("executorch plain", "plain", "ExecuTorch 1.4.1", "fp32", timings["executorch plain"]),
            Row.of(EAGER, "eager", "PyTorch 2.13.0", "fp32", timings[EAGER]),
        ),
        ratios=tuple(
            Ratio.of("executorch", timings["executorch"].rounds, other, timings[other].rounds)
            for other in ("executorch plain", EAGER)
        ),
        skipped=(Skipped("coreml", "no runtime [here]."),),
    )
