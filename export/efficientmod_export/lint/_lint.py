"""From a model's file, or a bundle of them, to the reports."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from efficientmod_export.bundle.contract import RefusedBundleError, check_file, open_bundle
from efficientmod_export.lint import rules as rules
from efficientmod_export.lint._graph import Flexibility, Graph
from efficientmod_export.lint._report import LintReport, RuleFindings, sort_key
from efficientmod_export.lint._rule import RULES
from efficientmod_export.mil import Package, read_function
from efficientmod_export.targets import FileLint, Target, all_targets, find_target
from efficientmod_mobile.errors import BundleError, InputError

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


def lint_path(path: Path | str) -> tuple[LintReport | FileLint, ...]:
    """One report for a model's file, or for each file of a bundle that there are rules for. Nothing runs.

    A `.mlpackage`, and a `.pte` that holds one, is held against the rules of the Neural Engine; a `.tflite`, whoever
    made it, against what a GPU is known to compute wrongly or to refuse.

    Raises `BundleError` for a folder that is no bundle, a bundle without such a file, or with a damaged one;
    `InputError` for a file of another kind, and for a damaged one; and what `lint_program` raises.
    """
    path = Path(path)
    asked = [target for target in all_targets() if target.makes(path) and _has_rules(target)]
    if asked:
        return (_lint_file(asked[0], path),)
    if path.is_file():
        kinds = {variant.suffix for target in all_targets() if _has_rules(target) for variant in target.variants}
        raise InputError(
            f"There are no rules for {path.name}; give a bundle, or a file that ends in {', '.join(sorted(kinds))}.",
            code="unlintable_file",
        )
    return _lint_bundle(path)


def _has_rules(target: Target) -> bool:
    return target.core_ml_package is not None or target.lint is not None


def _lint_file(target: Target, path: Path) -> LintReport | FileLint:
    if target.lint is not None:
        return target.lint(path)
    assert target.core_ml_package is not None
    with target.core_ml_package(path) as package:
        return replace(lint_program(package), path=path)


def _lint_bundle(path: Path) -> tuple[LintReport | FileLint, ...]:
    bundle = open_bundle(path)
    reports = []
    for artifact in bundle.manifest.artifacts:
        target = find_target(artifact.target)
        if _has_rules(target):
            problem = check_file(bundle, artifact)
            if problem is not None:
                raise RefusedBundleError.of(f"The bundle {path} is damaged", [problem])
            reports.append(_lint_file(target, bundle.path / artifact.file))
    if not reports:
        raise BundleError(
            f"{path} has no file that there are rules for; export one with --target coreml or tflite.",
            code="no_lintable_artifact",
        )
    return tuple(reports)


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
