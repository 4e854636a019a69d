"""Opening a `.mlpackage`: the manifest, the model's specification and its weight files.

Layout: coremltools, modelpackage/src/ModelPackage.cpp. `Manifest.json` names the root model; the files lie in `Data/`.
"""

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from efficientmod_export.mil._errors import PackageError
from efficientmod_export.mil._weight_file import WeightFile
from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import DependencyError

_MODEL_PATH = "@model_path/"
_PROTO_PACKAGE = "_efficientmod_coreml_proto"


def _inside(folder: Path, relative: str, what: str) -> Path:
    try:
        path = (folder / relative).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # A name with a null byte or a lone surrogate, one that is too long, or a link to itself.
        raise PackageError(
            f"{what} has the invalid name {relative!r}; copy the whole package", code="damaged_package"
        ) from error
    if not path.is_relative_to(folder.resolve()):
        raise PackageError(
            f"{what} '{relative}' lies outside {folder}; the package is damaged or hostile", code="path_outside_package"
        )
    return path


def _empty_model() -> tuple[Any, type[Exception]]:
    """An empty `Model` message, and the error that its parser raises.

    coremltools takes seconds to import and looks for every framework that it converts from. Its protobuf classes need
    none of that, so they are imported as a package of their own.
    """
    found = importlib.util.find_spec("coremltools")
    if found is None or not found.submodule_search_locations:
        raise DependencyError(f"coremltools is missing; run {pip_command('coreml')}", code="missing_package")
    if _PROTO_PACKAGE not in sys.modules:
        package = ModuleType(_PROTO_PACKAGE)
        package.__path__ = [str(Path(found.submodule_search_locations[0]) / "proto")]
        sys.modules[_PROTO_PACKAGE] = package
    model = importlib.import_module(f"{_PROTO_PACKAGE}.Model_pb2").Model()
    error: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    return model, error


class Package:
    """A package on disk. `specification` is the parsed `Model_pb2.Model`.

    Raises `PackageError` for a folder that is no package, and for a specification that is cut off or of no model;
    `DependencyError` without coremltools, whose protobuf classes read the specification.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._specification_path = self._find_specification()
        self._files: dict[str, WeightFile] = {}
        self.specification = self._parse()

    def _find_specification(self) -> Path:
        if not self._path.is_dir():
            raise PackageError(
                f"{self._path} is not a folder; give the path of a saved .mlpackage", code="not_a_package"
            )
        try:
            manifest = json.loads((self._path / "Manifest.json").read_text(encoding="utf-8"))
            entry = manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise PackageError(
                f"{self._path} has no readable Manifest.json; copy the whole package", code="damaged_package"
            ) from error
        return _inside(self._path / "Data", str(entry), "the model file")

    def _parse(self) -> Any:
        model, decode_error = _empty_model()
        try:
            model.ParseFromString(self._specification_path.read_bytes())
        except OSError as error:
            raise PackageError(
                f"{self._specification_path} cannot be read; copy the whole package", code="damaged_package"
            ) from error
        except decode_error as error:
            raise PackageError(
                f"{self._specification_path} is cut off or no Core ML model; export it again", code="damaged_package"
            ) from error
        if model.WhichOneof("Type") is None:
            raise PackageError(
                f"{self._specification_path} is not a Core ML model; only ML programs (iOS 15 and later) can be run",
                code="not_an_ml_program",
            )
        return model

    @property
    def program(self) -> Any:
        """Its `MIL_pb2.Program`. Raises PackageError for a model of another kind."""
        kind = self.specification.WhichOneof("Type")
        if kind != "mlProgram":
            raise PackageError(
                f"{self._specification_path} holds a {kind}; only ML programs (iOS 15 and later) can be run",
                code="not_an_ml_program",
            )
        return self.specification.mlProgram

    def weights(self, file_name: str) -> WeightFile:
        """The weight file that a program calls `file_name` ("@model_path/weights/weight.bin"), opened once."""
        if file_name not in self._files:
            folder = self._specification_path.parent
            path = _inside(folder, file_name.removeprefix(_MODEL_PATH), "the weight file")
            self._files[file_name] = WeightFile(path)
        return self._files[file_name]
