"""Targets: one folder each, found by its name, with a `TARGET` that describes it.

Importing this package imports no target: a target is imported when it is first used, and the libraries that it needs
when it converts or runs.
"""

import importlib

from efficientmod_export._stages import Artifact, ModelFile, Precision
from efficientmod_export._target_names import target_names as _target_names
from efficientmod_export.targets._contents import Delegate, FileContents, Graph, HeldTensor, ReadDelegate
from efficientmod_export.targets._file_lint import FileLint, KnownFault
from efficientmod_export.targets._image import for_pixels
from efficientmod_export.targets._limits import REPLAYED
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._phone_tool import PhoneTimes, PhoneTool
from efficientmod_export.targets._program import file_names, input_names, network_inputs, network_outputs
from efficientmod_export.targets._recipes import CHANNELS_FIRST
from efficientmod_export.targets._runtime import (
    Configuration,
    Runtime,
    Session,
    UnitMissingError,
    UnitRefusesError,
    in_reference_layout,
    input_values,
    runner_of,
    runtime_title,
    runtime_version,
)
from efficientmod_export.targets._target import (
    Conversion,
    FromArtifact,
    FromProgram,
    Interpreter,
    Place,
    Rounding,
    Target,
    Variant,
)
from efficientmod_export.targets._unit_comparison import UnitComparison
from efficientmod_mobile.errors import InputError

__all__ = [
    "CHANNELS_FIRST",
    "REPLAYED",
    "Artifact",
    "Configuration",
    "Conversion",
    "Delegate",
    "FileContents",
    "FileLint",
    "FromArtifact",
    "FromProgram",
    "Graph",
    "HeldTensor",
    "Interpreter",
    "KnownFault",
    "ModelFile",
    "PhoneTimes",
    "PhoneTool",
    "Place",
    "Precision",
    "ReadDelegate",
    "Rounding",
    "Runtime",
    "Session",
    "Target",
    "UnitComparison",
    "UnitMissingError",
    "UnitRefusesError",
    "Variant",
    "all_targets",
    "file_names",
    "find_target",
    "for_pixels",
    "in_reference_layout",
    "input_names",
    "input_values",
    "network_inputs",
    "network_outputs",
    "runner_of",
    "runtime_title",
    "runtime_version",
    "target_names",
    "to_onnx",
]


def target_names() -> tuple[str, ...]:
    """Every target's name, from the folders in this package."""
    return _target_names(__path__)


def find_target(name: str) -> Target:
    """The target with this name. Raises InputError where there is none."""
    if name not in target_names():
        raise InputError(f"No target is named {name}; choose from {', '.join(target_names())}.", code="unknown_target")
    target: Target = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").TARGET
    return target


def all_targets() -> tuple[Target, ...]:
    """Every target, sorted by name."""
    return tuple(map(find_target, target_names()))
