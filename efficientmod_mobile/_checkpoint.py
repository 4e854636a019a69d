"""Read a file of weights without running code from it."""

import argparse
import hashlib
import pickle
import pickletools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from efficientmod_mobile._hub import HUB_PREFIX, download
from efficientmod_mobile.errors import CheckpointError, DependencyError
from efficientmod_mobile.messages import described, shortened

# The keys under which training scripts save the state dict. The moving average comes first: if there is one, the
# published accuracy is that of the average, and timm's own loader prefers it too.
CONTAINERS = ("state_dict_ema", "model_ema", "state_dict", "model")
# Prefixes that DataParallel (and timm's moving average) and torch.compile add to the keys.
WRAPPERS = ("module.", "_orig_mod.")

_ZIP = b"PK\x03\x04"  # torch.save writes a zip archive
_RUNS_CODE = {"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}


@dataclass(frozen=True)
class Checkpoint:
    """A state dict, the name under which the user gave it, and the SHA-256 of its file."""

    source: str
    sha256: str
    state: Mapping[str, Tensor]


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


def read_checkpoint(source: str) -> Checkpoint:
    """Read `.pth`, `.pt` (any torch file), `.safetensors`, or `hf-hub:owner/name`.

    The state dict may be under one of the keys `CONTAINERS`, and its keys may have the prefixes `WRAPPERS`, which are
    removed. Raises CheckpointError if the file is missing, damaged, would run code, or has no state dict.
    """
    path, sha256 = find_checkpoint(source)
    content = _read_safetensors(path, source) if path.suffix.lower() == ".safetensors" else _read_torch(path, source)
    return Checkpoint(source, sha256, _unwrapped(_state_dict(content, source)))


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
        # timm's training script saves its arguments as a Namespace, which has attributes only and runs no code.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make torch.load raise almost any error
        code = _code_in(path, error)
        if code is not None:
            raise CheckpointError(
                f"The checkpoint {source} contains {code}, and reading that could run code from the file; "
                "give the weights alone (a saved state dict, or .safetensors).",
                code="unsafe_checkpoint",
            ) from error
        if _is_safetensors(path):
            raise CheckpointError(
                f"The checkpoint {source} is a safetensors file; rename it to end in .safetensors.",
                code="wrong_checkpoint_suffix",
            ) from error
        raise CheckpointError(
            f"The checkpoint {source} is damaged or not a PyTorch file; download or copy it again.",
            code="damaged_checkpoint",
        ) from error


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


def _state_dict(content: Any, source: str) -> Mapping[str, Tensor]:
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"The checkpoint {source} contains an object of type {type(content).__name__}, not a state dict.",
            code="no_state_dict",
        )
    for name in CONTAINERS:
        if _is_state_dict(content.get(name)):
            return content[name]  # type: ignore[no-any-return]
    if _is_state_dict(content):
        return content
    raise CheckpointError(
        f"The checkpoint {source} contains no state dict, neither at the top level nor under {', '.join(CONTAINERS)}; "
        f"its keys are {shortened([str(key) for key in content]) or 'none'}.",
        code="no_state_dict",
    )


def _is_state_dict(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return all(isinstance(key, str) and isinstance(item, Tensor) for key, item in value.items())


def _unwrapped(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    for wrapper in WRAPPERS:
        if all(key.startswith(wrapper) for key in state):
            return _unwrapped({key.removeprefix(wrapper): value for key, value in state.items()})
    return state
