"""An interpreter for Core ML's ML programs (MIL): a saved `.mlpackage`, run operator by operator with PyTorch.

    program = MILProgram.load("model.mlpackage")
    outputs = program.predict({"image": picture})

It is independent of the networks and bundles of this toolkit. Of coremltools only the protobuf classes are used, not
the runtime, which exists on macOS only. `Package` and `read_function` read a program without running it.
"""

from efficientmod_export.mil import _ops as _ops
from efficientmod_export.mil._audit import FLOAT16_LARGEST, SATURATION, OperatorRange, audit_float16
from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._graph import Function, Literal, Operation, Variable
from efficientmod_export.mil._inventory import HeldFeature, HeldFunction, inventory
from efficientmod_export.mil._modules import MODULES_KEY, handle_table, mark_modules, module_table
from efficientmod_export.mil._package import Package
from efficientmod_export.mil._plan import Arithmetic
from efficientmod_export.mil._prediction import interpreted_predictions
from efficientmod_export.mil._program import MILProgram, Observer
from efficientmod_export.mil._reader import read_function
from efficientmod_export.mil._weights import Weight, list_weights

__all__ = [
    "FLOAT16_LARGEST",
    "MODULES_KEY",
    "SATURATION",
    "Arithmetic",
    "Function",
    "HeldFeature",
    "HeldFunction",
    "Literal",
    "MILProgram",
    "Observer",
    "Operation",
    "OperatorRange",
    "Package",
    "PackageError",
    "Variable",
    "Weight",
    "audit_float16",
    "handle_table",
    "interpreted_predictions",
    "inventory",
    "list_weights",
    "mark_modules",
    "module_table",
    "read_function",
]
