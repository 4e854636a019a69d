"""`python -m efficientmod_export.bench PLAN ANSWER`: the measuring process that `bench_bundle` starts."""

import sys
from pathlib import Path

from efficientmod_export.bench._worker import main

main(Path(sys.argv[1]), Path(sys.argv[2]))
