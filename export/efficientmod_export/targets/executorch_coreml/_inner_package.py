"""The Core ML package inside a `.pte`: unpacked to be read and run as any other, and finished before it is packed.

ExecuTorch stores in the file's only delegate a folder, flattened: the package, and `metadata.json` with the names of
the package's inputs and outputs in the order in which the delegate is called with tensors.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from efficientmod_export.foreign import loading, quiet
from efficientmod_export.targets.executorch._lowering import is_whole
from efficientmod_mobile.errors import ConversionError, InputError

DELEGATE = "CoreMLBackend"
PACKAGE = "model.mlpackage"
METADATA = "metadata.json"
DEBUG_FILES = ("debug_info.json", f"{PACKAGE}/executorch_debug_handle_mapping.json")


@dataclass(frozen=True)
class InnerPackage:
    """A package on disk, and the names of its inputs and outputs in the order of the `.pte`'s."""

    path: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@contextmanager
def unpacked(pte: Path) -> Iterator[InnerPackage]:
    """The Core ML package of the `.pte` file, in a folder that is removed at the end of the block.

    Raises InputError for a file that is not a `.pte`, ConversionError for one that does not consist of one Core ML
    delegate, DependencyError without executorch.
    """
    with TemporaryDirectory() as workshop:
        with loading(pte), quiet():  # executorch's imports print
            from executorch.exir._serialize._program import deserialize_pte_binary

            data = pte.read_bytes()
            try:
                program = deserialize_pte_binary(data).program
            except Exception as error:  # with a damaged offset the reader can raise any exception
                raise InputError(
                    f"{pte.name} is no ExecuTorch program, or is cut short; export it again.", code="damaged_pte"
                ) from error
            plan = program.execution_plan[0]
            if not is_whole(plan) or plan.delegates[0].id != DELEGATE:
                raise ConversionError(
                    f"{pte.name} is not a single Core ML delegate; export it again.", code="unexpected_delegates"
                )
            package = program.backend_delegate_data[plan.delegates[0].processed.index].data
            folder = unflatten(bytes(package), Path(workshop))
            names = json.loads((folder / METADATA).read_text())
            inputs, outputs = _ordered(plan, names["inputNames"], names["outputNames"])
        yield InnerPackage(folder / PACKAGE, inputs, outputs)


@contextmanager
def inner_package(pte: Path) -> Iterator[Path]:
    """The package itself, without its names."""
    with unpacked(pte) as inner:
        yield inner.path


def finish(flattened: bytes, edit: Callable[[Path, dict[str, Any]], None]) -> bytes:
    """A delegate's bytes with the package changed by `edit(package, debug_handles)`.

    The same package gives the same bytes. An app's cache of compiled models uses the identifier in the metadata as its
    key. ExecuTorch chooses it at random; here it is the content's SHA-256.
    """
    with TemporaryDirectory() as workshop:
        folder = unflatten(flattened, Path(workshop))
        handles = json.loads((folder / DEBUG_FILES[1]).read_text())["mapping"]
        for name in DEBUG_FILES:  # only for ExecuTorch's profiler, and large
            (folder / name).unlink()
        edit(folder / PACKAGE, handles)
        _identify(folder, "")
        _identify(folder, f"executorch_{hashlib.sha256(_flatten(folder)).hexdigest()}")
        return _flatten(folder)


def _identify(folder: Path, identifier: str) -> None:
    path = folder / METADATA
    path.write_text(json.dumps({**json.loads(path.read_text()), "identifier": identifier}))


def _ordered(plan: Any, inputs: list[str], outputs: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in the order of the `.pte`'s inputs and outputs, from the arguments of the call of the delegate, which
    has first its inputs and then its outputs.
    """
    values = plan.chains[0].instructions[0].instr_args.args
    names = dict(zip(values, [*inputs, *outputs], strict=True))
    return tuple(names[value] for value in plan.inputs), tuple(names[value] for value in plan.outputs)


def unflatten(flattened: bytes, folder: Path) -> Path:
    """Write a delegate's folder below `folder`, and give it. Raises ConversionError for names that lead out of it."""
    from executorch.backends.apple.coreml import executorchcoreml

    _check_names(flattened)
    executorchcoreml.unflatten_directory_contents(flattened, str(folder))
    (package,) = folder.glob(f"*/{PACKAGE}")
    return package.parent


def _check_names(flattened: bytes) -> None:
    """Refuse paths such as `../x`, which ExecuTorch would write outside the folder.

    The bytes end with the list of files and folders, as JSON whose bytes are reversed.
    """
    names = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # The value of the key "children" is an object whose keys are names.
        names.extend([*(value for key, value in pairs if key == "name"), *(key for key, _ in pairs)])
        return dict(pairs)

    json.JSONDecoder(object_pairs_hook=collect).raw_decode(flattened[::-1].decode("latin-1"))
    wrong = [name for name in names if name in ("", ".", "..") or "/" in name or "\0" in name]
    if wrong:
        raise ConversionError(
            f"The Core ML delegate contains a file named {wrong[0]!r}; the .pte is damaged or hostile.",
            code="path_outside_program",
        )


def _flatten(folder: Path) -> bytes:
    from executorch.backends.apple.coreml import executorchcoreml

    return bytes(executorchcoreml.flatten_directory_contents(str(folder)))
