"""What an export is asked to do, checked before any work starts."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from efficientmod_export._stages import Precision
from efficientmod_export.targets import BACKENDS, check_ios
from efficientmod_mobile.errors import InputError

ALL = "all"
EXECUTORCH = "executorch"
LONGEST_SIDE = 4096
"""Of an input, in pixels; the five parity samples then take a gigabyte, and the network many."""

EXECUTORCH_TARGETS: dict[str, str] = {
    "xnnpack": EXECUTORCH,
    "coreml": "executorch-coreml",
    "vulkan": "executorch-vulkan",
}
"""What the target `executorch` is made for, by the name of its backend: the target of the manifest."""

NAMED = tuple(target for target in BACKENDS if target == EXECUTORCH or target not in EXECUTORCH_TARGETS.values())
"""The targets that are asked for by name."""


@dataclass(frozen=True)
class ExportRequest:
    """One export: a model and its weights, the targets, and the folder that the bundle goes to.

    `model` is a catalogue name, `timm/NAME` or `package.module:function`; None takes it from the checkpoint.
    `resolution` is (H, W) in pixels, None the model's own. `precision` None is each target's default.
    `executorch_backend` is a key of EXECUTORCH_TARGETS.
    """

    model: str | None
    checkpoint: str | None
    targets: tuple[str, ...]
    output: Path
    precision: Precision | None = None
    resolution: tuple[int, int] | None = None
    labels: Path | None = None
    ios: int = 16
    executorch_backend: str = "xnnpack"
    keep_failed: bool = False
    keep_onnx: bool = False


def check_request(request: ExportRequest) -> ExportRequest:
    """Expand `all` and `keep_onnx`, choose ExecuTorch's backend; raise InputError for what cannot be asked."""
    known = sorted(NAMED)
    if not request.targets:
        raise InputError(f"No target was named; give --target with one of {', '.join(known)} or {ALL}.")
    unknown = [target for target in request.targets if target not in (*known, ALL)]
    if unknown:
        raise InputError(f"No target is named {', '.join(unknown)}; choose from {', '.join(known)} or {ALL}.")
    targets = _expand((*request.targets, "onnx") if request.keep_onnx else request.targets)
    targets = _choose_backend(targets, request.executorch_backend)
    _check_precision(targets, request.precision)
    for target in targets:
        check_ios(BACKENDS[target], request.ios)
    return replace(request, targets=targets)


def _expand(targets: tuple[str, ...]) -> tuple[str, ...]:
    """In the backends' order, each once; `all` is every target that a phone runs (ONNX is asked for by name)."""
    wanted = set(targets)
    if ALL in wanted:
        wanted |= {target for target in NAMED if target != "onnx"}
    return tuple(target for target in NAMED if target in wanted)


def _choose_backend(targets: tuple[str, ...], backend: str) -> tuple[str, ...]:
    if backend not in EXECUTORCH_TARGETS:
        known = ", ".join(EXECUTORCH_TARGETS)
        raise InputError(f"ExecuTorch has no backend {backend} here; choose from {known}.")
    if EXECUTORCH_TARGETS[backend] != EXECUTORCH and EXECUTORCH not in targets:
        raise InputError(f"The backend {backend} is one of ExecuTorch; add --target {EXECUTORCH}, or leave it out.")
    return tuple(EXECUTORCH_TARGETS[backend] if target == EXECUTORCH else target for target in targets)


def _check_precision(targets: tuple[str, ...], precision: Precision | None) -> None:
    if precision is None:
        return
    without = [target for target in targets if precision not in BACKENDS[target].precisions]
    if without:
        raise InputError(
            f"There is no {precision} form of {', '.join(without)}; leave out --precision for each target's default, "
            f"or name only targets that have it."
        )


def parse_resolution(text: str) -> tuple[int, int]:
    """`"224"` is (224, 224); `"256x192"` is height 256, width 192.

    Raises InputError for anything else, and for more than LONGEST_SIDE.
    """
    match = re.fullmatch(r"([0-9]{1,5})(?:x([0-9]{1,5}))?", text.strip().lower())
    height, width = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not height or not width:
        raise InputError(f"{text!r} is not a resolution; write 224, or height x width as in 256x192.")
    if max(height, width) > LONGEST_SIDE:
        raise InputError(f"{text} is too large; give a resolution of at most {LONGEST_SIDE} pixels a side.")
    return height, width


def read_labels(path: Path, num_classes: int | None) -> tuple[str, ...]:
    """Class names, one a line in UTF-8, as many as the network has classes. Raises InputError otherwise."""
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except OSError as error:
        raise InputError(f"The label file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"The label file {path} is not UTF-8 text; save it as UTF-8.") from error
    labels = tuple(line.strip() for line in lines)
    wrong = [number for number, label in enumerate(labels, 1) if not label or "\0" in label]
    if wrong:
        raise InputError(f"Line {wrong[0]} of the label file {path} is empty, or no text; write one class name a line.")
    if num_classes is None:
        raise InputError("The network is no classifier, so labels mean nothing to it; leave out --labels.")
    if len(labels) != num_classes:
        raise InputError(
            f"The label file {path} has {len(labels)} lines, but the network has {num_classes} classes; "
            f"give one class name a line, in the order of the classes."
        )
    return labels
