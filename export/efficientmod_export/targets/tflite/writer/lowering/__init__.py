"""Lowerings from ONNX's operators to TFLite's: one file for each family, one function for each operator.

To add one, write the function in its family's file and register it with `lowers`; importing a family registers its
functions.
"""

import importlib
import pkgutil

from ._registry import ANY_DTYPE, DTYPES, LOWERINGS, Context, Operand, lowers

__all__ = ["ANY_DTYPE", "DTYPES", "LOWERINGS", "Context", "Operand", "lowers"]

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")
