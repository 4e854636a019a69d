"""What is inside a `.mlpackage`, anyone's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from efficientmod_export.mil import HeldFeature, HeldFunction, Package, inventory
from efficientmod_export.targets._contents import FileContents, Graph, HeldTensor, counted, weights_of

IOS_OF_VERSION = {1: 11, 2: 11, 3: 12, 4: 13, 5: 14, 6: 15, 7: 16, 8: 17, 9: 18, 10: 26}
"""The least iOS that reads a specification version (coremltools, `_spec_version_for_deployment_target`)."""


def package_contents(path: Path) -> FileContents:
    """Read a package. Raises `PackageError` for a damaged one, DependencyError without coremltools."""
    package = Package(path)
    model = package.specification
    files = {
        one.relative_to(path).as_posix(): one.stat().st_size
        for one in sorted(path.rglob("*"))
        if one.is_file() and not one.is_symlink()
    }
    kind = {"mlProgram": "ML program"}.get(model.WhichOneof("Type"), model.WhichOneof("Type"))
    held = inventory(package)
    ios = IOS_OF_VERSION.get(model.specificationVersion)
    return FileContents(
        path,
        f"Core ML, {kind}, specification version {model.specificationVersion}" + (f" (iOS {ios})" if ios else ""),
        sum(files.values()),
        graphs_of(held),
        files,
        _metadata(model),
        labels=next((one.classes for one in held if one.classes), ()),
    )


def graphs_of(functions: Sequence[HeldFunction]) -> tuple[Graph, ...]:
    """The graph of each function."""
    return tuple(
        Graph(
            one.name,
            tuple(map(_tensor, one.inputs)),
            tuple(map(_tensor, one.outputs)),
            counted(one.operators),
            weights_of(one.weights),
        )
        for one in functions
    )


def _tensor(feature: HeldFeature) -> HeldTensor:
    if feature.kind.endswith("picture"):
        channels, height, width = feature.shape
        return HeldTensor(feature.name, (1, height, width, channels), feature.dtype, feature.kind)
    return HeldTensor(feature.name, feature.shape if feature.kind == "array" else None, feature.dtype)


def _metadata(model: Any) -> dict[str, str]:
    stated = model.description.metadata
    told = {
        "description": stated.shortDescription,
        "author": stated.author,
        "license": stated.license,
        "version": stated.versionString,
        **dict(sorted(stated.userDefined.items())),
    }
    return {name: text for name, text in told.items() if text}
