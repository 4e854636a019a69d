"""From a saved ML program, or a bundle that holds one, to the report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from efficientmod_export.bundle.contract import RefusedBundleError, check_file, open_bundle
from efficientmod_export.lint import rules as rules
from efficientmod_export.lint._graph import Flexibility, Graph
from efficientmod_export.lint._report import LintReport, RuleFindings, sort_key
from efficientmod_export.lint._rule import RULES
from efficientmod_export.mil import Package, read_function
from efficientmod_export.targets import find_target
from efficientmod_mobile.errors import BundleError

_FLEXIBLE = {
    "shapeRange": Flexibility.RANGE,
    "imageSizeRange": Flexibility.RANGE,
    "enumeratedShapes": Flexibility.ENUMERATED,
    "enumeratedSizes": Flexibility.ENUMERATED,
}


def lint_program(path: Path | str) -> LintReport:
    """Hold the default function of the saved `.mlpackage` at `path` against every rule. Nothing runs.

    Operators that the interpreter does not know are welcome here. Raises `PackageError` for a damaged package and
    `DependencyError` without coremltools, whose protobuf classes read it.
    """
    package = Package(Path(path))
    description = package.specification.description
    name = description.defaultFunctionName or "main"
    of_function = [held for held in description.functions if held.name == name]
    function = read_function(package, name)
    graph = Graph(function, _flexible((of_function[0] if of_function else description).input))
    groups = (RuleFindings(rule, tuple(rule.check(graph))) for rule in RULES.values())
    broken = sorted((group for group in groups if group.findings), key=sort_key)
    return LintReport(Path(path), function.ios, len(function.operations), len(RULES), tuple(broken))


def lint_bundle(path: Path | str) -> LintReport:
    """`lint_program` for the Core ML model of the bundle at `path`, also where a `.pte` holds it.

    Raises `BundleError` where there is no bundle, none with a Core ML model, or a damaged one.
    """
    bundle = open_bundle(Path(path))
    for artifact in bundle.manifest.artifacts:
        open_package = find_target(artifact.target).core_ml_package
        if open_package is not None:
            file = bundle.path / artifact.file
            problem = check_file(bundle, artifact)
            if problem is not None:
                raise RefusedBundleError.of(f"The bundle {path} is damaged", [problem])
            with open_package(file) as package:
                return replace(lint_program(package), path=file)
    raise BundleError(f"{path} has no Core ML model; export one with --target coreml.", code="no_core_ml_model")


def _flexible(features: Any) -> dict[str, Flexibility]:
    """Input name -> how its shape may vary, for those of variable shape."""
    found: dict[str, Flexibility] = {}
    for feature in features:
        kind = feature.type.WhichOneof("Type")
        oneof = {"multiArrayType": "ShapeFlexibility", "imageType": "SizeFlexibility"}.get(kind)
        if oneof:
            flexibility = getattr(feature.type, kind).WhichOneof(oneof)
            if flexibility in _FLEXIBLE:
                found[feature.name] = _FLEXIBLE[flexibility]
    return found
