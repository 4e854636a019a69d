"""`python -m tests.vectors.generate [FOLDER]` writes every file, by default over the ones that are kept."""

import sys
from pathlib import Path

from tests.vectors.generate import (
    archives,
    bundles,
    decoding,
    digests,
    fake_run,
    following,
    labels,
    metrics,
    preprocessing,
    reports,
    resizing,
    statistics,
    yuv,
)

FAMILIES = (
    bundles,
    archives,  # of the bundle
    decoding,
    digests,
    fake_run,
    following,
    labels,
    metrics,
    preprocessing,
    reports,
    resizing,
    statistics,
    yuv,
)

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
for family in FAMILIES:
    family.write(folder)
