"""Workarounds for other libraries: for their output, their errors, and their slow or faulty functions.

- `quiet`, `terminal`: keep the converters' output out of the terminal;
- `converting`, `loading`: convert their exceptions to errors of this toolkit;
- `torch_shortcuts`, `executorch_shortcuts`, `coremltools_shortcuts`: speed-ups, by patches; the environment variable
  `EFFICIENTMOD_NO_PATCHES=1` turns them off;
- `run_apart`: work in processes of its own, so that a converter's crash is one target's failure;
- `tanh_gelu`, `integer_quotients`, `joined_floats`: patches that are needed for a correct file;
- `_private_names.py`: the list of all private names of other libraries that this toolkit uses.

All of it affects the whole process, so only one thread converts at a time; others wait.
"""

from efficientmod_export.foreign._coremltools_gelu import tanh_gelu
from efficientmod_export.foreign._coremltools_integers import integer_quotients
from efficientmod_export.foreign._coremltools_joined import joined_floats
from efficientmod_export.foreign._failures import DISK_FULL, converting, loading
from efficientmod_export.foreign._faster_coremltools import coremltools_shortcuts
from efficientmod_export.foreign._faster_executorch import executorch_shortcuts
from efficientmod_export.foreign._faster_torch import torch_shortcuts
from efficientmod_export.foreign._processes import Ended, run_apart
from efficientmod_export.foreign._quiet import quiet, terminal

__all__ = [
    "DISK_FULL",
    "Ended",
    "converting",
    "coremltools_shortcuts",
    "executorch_shortcuts",
    "integer_quotients",
    "joined_floats",
    "loading",
    "quiet",
    "run_apart",
    "tanh_gelu",
    "terminal",
    "torch_shortcuts",
]
