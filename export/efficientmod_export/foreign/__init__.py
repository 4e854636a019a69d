"""Everything that works around other libraries: their output, their errors, their slow or faulty functions.

- `quiet`, `terminal`: what converters print stays out of the terminal;
- `converting`, `loading`: what they raise becomes an error of this toolkit;
- `torch_shortcuts`, `executorch_shortcuts`, `coremltools_shortcuts`: speed-ups, by patches; the environment variable
  `EFFICIENTMOD_NO_PATCHES=1` turns them off;
- `tanh_gelu`: a patch that a correct file needs;
- `_private_names.py`: the list of all private names of other libraries that this toolkit uses.

All of it concerns the whole process, so that one thread converts at a time and another one waits.
"""

from efficientmod_export.foreign._coremltools_gelu import tanh_gelu
from efficientmod_export.foreign._failures import DISK_FULL, converting, loading
from efficientmod_export.foreign._faster_coremltools import coremltools_shortcuts
from efficientmod_export.foreign._faster_executorch import executorch_shortcuts
from efficientmod_export.foreign._faster_torch import torch_shortcuts
from efficientmod_export.foreign._quiet import quiet, terminal

__all__ = [
    "DISK_FULL",
    "converting",
    "coremltools_shortcuts",
    "executorch_shortcuts",
    "loading",
    "quiet",
    "tanh_gelu",
    "terminal",
    "torch_shortcuts",
]
