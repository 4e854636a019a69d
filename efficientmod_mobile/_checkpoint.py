"""Read a file of weights without running code from it."""

import argparse
import hashlib
import pathlib
import pickle
import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from efficientmod_mobile._hub import HUB_PREFIX, download
from efficientmod_mobile._state_dicts import State, find_state_dict
from efficientmod_mobile.errors import CheckpointError, DependencyError
from efficientmod_mobile.messages import described

_ZIP = b"PK\x03\x04"  # torch.save writes a zip archive
_RUNS_CODE = {"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}


@dataclass(frozen=True)
class Checkpoint:
    """A state dict, the name under which the user gave it, the SHA-256 of its file, and the key that it lies under (""
    for the whole file). `beside` is what else the file has, such as the arguments of the training script.
    """

    source: str
    sha256: str
    key: str
    state: State
    beside: Mapping[str, Any] = field(default_factory=dict)


def find_checkpoint(source: str) -> tuple[Path, str]:
    """The path of `source` (a file or `hf-hub:owner/name`) and its SHA-256.

    Raises CheckpointError if it cannot be read, DependencyError if huggingface_hub is needed and missing.
    """
    path = download(source) if source.startswith(HUB_PREFIX) else Path(source)
    if not path.is_file():
        problem = (
            "is a folder, not a file"
            if path.is_dir()
            else "is not a regular file"
            if path.exists()
            else "does not exist"
        )
        raise CheckpointError(f"The checkpoint {source or repr(source)} {problem}.", code="missing_checkpoint")
    try:
        with path.open("rb") as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint {source} cannot be read: {error.strerror}.", code="unreadable_checkpoint"
        ) from error


def read_checkpoint(source: str, key: str | None = None) -> Checkpoint:
    """Read `.pth`, `.pt` (any torch file), `.safetensors`, or `hf-hub:owner/name`.

    The state dict is the one under `key`, else the one that `find_state_dict` takes. Raises CheckpointError if the file
    is missing, damaged, would run code, or has no such state dict.
    """
    path, sha256 = find_checkpoint(source)
    content = _read_safetensors(path, source) if path.suffix.lower() == ".safetensors" else _read_torch(path, source)
    found, state = find_state_dict(content, source, key)
    beside = {name: value for name, value in content.items() if isinstance(name, str)} if found else {}
    return Checkpoint(source, sha256, found, state, beside)


def _read_safetensors(path: Path, source: str) -> Any:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{source} needs safetensors; install it with: pip install safetensors", code="missing_package"
        ) from error
    try:
        return load_file(path)
    except SafetensorError as error:
        if _start(path)[:4] == _ZIP:
            raise CheckpointError(
                f"The checkpoint {source} is a PyTorch file; rename it to end in .pth.", code="wrong_checkpoint_suffix"
            ) from error
        raise CheckpointError(
            f"The checkpoint {source} is damaged ({described(error)}); download or copy it again.",
            code="damaged_checkpoint",
        ) from error


def _read_torch(path: Path, source: str) -> Any:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_harmless()):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make torch.load raise almost any error
        raise _refusal(path, source, error) from error


def _harmless() -> list[Any]:
    """What training scripts save beside the weights and what runs no code: arguments, paths, NumPy's numbers."""
    kinds = {type(np.dtype(code)) for code in np.typecodes["All"]}
    # The functions by which NumPy's numbers and arrays are pickled have had two names.
    functions = {"scalar": np.float64(0).__reduce__()[0], "_reconstruct": np.zeros(0).__reduce__()[0]}
    modules = ("numpy.core.multiarray", "numpy._core.multiarray")
    numbers = [(function, f"{module}.{name}") for module in modules for name, function in functions.items()]
    posix, windows = pathlib.PurePosixPath, pathlib.PureWindowsPath
    paths = [
        (pure, f"{module}.{name}")
        for module in ("pathlib", "pathlib._local")
        for pure, names in ((posix, ("PosixPath", "PurePosixPath")), (windows, ("WindowsPath", "PureWindowsPath")))
        for name in names
    ]
    return [argparse.Namespace, np.ndarray, np.dtype, *kinds, *numbers, *paths]


def _refusal(path: Path, source: str, error: Exception) -> CheckpointError:
    """Why torch.load did not read the file."""
    if _is_exported_program(path):
        return CheckpointError(
            f"The checkpoint {source} is a program saved by torch.export (.pt2), not the weights of a model; give the "
            "checkpoint that it was made from.",
            code="exported_program_as_checkpoint",
        )
    code = _code_in(path, error)
    if code is not None:
        return CheckpointError(
            f"The checkpoint {source} contains {code}, and reading that could run code from the file; "
            f"{_ways_out(path, source)}.",
            code="unsafe_checkpoint",
        )
    if _is_safetensors(path):
        return CheckpointError(
            f"The checkpoint {source} is a safetensors file; rename it to end in .safetensors.",
            code="wrong_checkpoint_suffix",
        )
    return CheckpointError(
        f"The checkpoint {source} is damaged or not a PyTorch file; download or copy it again.",
        code="damaged_checkpoint",
    )


def _ways_out(path: Path, source: str) -> str:
    """For a pickled module the line that takes the weights out of it."""
    alone = "give the weights alone (a saved state dict, or .safetensors)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pickled = torch.serialization.get_unsafe_globals_in_checkpoint(str(path))
    except Exception:  # an old format, or no zip archive
        return alone
    if not any(name.startswith("torch.nn.modules.") for name in pickled):
        return alone
    load = f"torch.load({source!r}, map_location='cpu', weights_only=False)"
    return (
        f"{alone}: it is a pickled module, and if you trust it, this takes them out where its code can be imported: "
        f"python -c \"import torch; torch.save({load}.state_dict(), 'weights.pth')\""
    )


def _is_exported_program(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception:  # with a damaged directory the reader can raise nearly any exception
        return False
    return any(name.endswith(("/archive_format", "serialized_exported_program.json")) for name in names)


def _is_safetensors(path: Path) -> bool:
    """Whether the file starts with the length of a header, 8 bytes little-endian, and the header is JSON."""
    start = _start(path)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(9)


def _code_in(path: Path, error: Exception) -> str | None:
    """What in the file torch.load refused to run; None if it failed for another reason."""
    if "TorchScript" in str(error):
        return "a TorchScript program"
    if not isinstance(error, pickle.UnpicklingError):
        return None
    refused = re.search(r"unsupported global:?(?: GLOBAL)? ([\w.]+)", str(error), re.IGNORECASE)
    if refused:
        return f"the Python object {refused[1]}"
    try:
        with path.open("rb") as file:
            operations = {operation.name for operation, _, _ in pickletools.genops(file)}
    except Exception:  # not a pickle
        return None
    return "a pickled Python program" if operations & _RUNS_CODE else None
