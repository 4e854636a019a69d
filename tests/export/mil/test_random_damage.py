"""Damage to any part of a package ends in one of the toolkit's errors, or does not matter.

The specification is damaged field by field: every kind of field is dropped, doubled, altered, or taken from elsewhere.
A kind is a message type, one of its fields and a change, so what is tried does not depend on a package's bytes. All
files are damaged byte by byte as well.
"""

import copy
import itertools
import json
import shutil
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export.mil import MILProgram, audit_float16, list_weights
from efficientmod_mobile.errors import EfficientModError

SPECIFICATION = Path("Data/com.apple.CoreML/model.mlmodel")
WEIGHTS = Path("Data/com.apple.CoreML/weights/weight.bin")
Change = Callable[[Any], None]
Steps = tuple[tuple[str, Any], ...]

_INTEGERS = (0, 1, 2, 7, 255, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, -1, -2, -(2**31), -(2**63))
_RANGES = {"uint32": (0, 2**32 - 1), "int32": (-(2**31), 2**31 - 1), "uint64": (0, 2**64 - 1)}
_FLOATS = (0.0, -1.0, 1e38, 1e-45, float("inf"), float("-inf"), float("nan"))
_STRINGS = ("", "nothing", "\0", "../../..", "fp16", "int32", "string", "conv", "const", "x" * 5000, "\U0001f642")


@dataclass(frozen=True)
class Damage:
    """One change to the message at the end of `path`; each step is a field's name and an index or key, or None."""

    kind: tuple[str, str, str]
    path: Steps
    change: Change

    def of(self, model: Any) -> Any:
        """A copy of `model` with the change made."""
        damaged = copy.deepcopy(model)
        message = damaged
        for name, place in self.path:
            message = getattr(message, name) if place is None else getattr(message, name)[place]
        self.change(message)
        return damaged


def _is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _walk(message: Any, path: Steps = ()) -> Iterator[tuple[Any, Steps]]:
    """Every message inside `message`, itself first, with its path."""
    yield message, path
    for field, value in message.ListFields():
        if _is_map(field):
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in sorted(value):
                    yield from _walk(value[key], (*path, (field.name, key)))
        elif field.message_type is not None and field.is_repeated:
            for index, item in enumerate(value):
                yield from _walk(item, (*path, (field.name, index)))
        elif field.message_type is not None:
            yield from _walk(value, (*path, (field.name, None)))


def _scalars(field: Any, names: list[str]) -> list[Any]:
    """Values that a scalar field may be given."""
    if field.enum_type is not None:
        return [*sorted(field.enum_type.values_by_number), 9999]
    kind = {field.TYPE_STRING: "str", field.TYPE_BYTES: "bytes", field.TYPE_BOOL: "bool"}.get(field.type)
    if kind == "str":
        return [*_STRINGS, *names]
    if kind == "bytes":
        return [b"", b"\0", b"\xff" * 64]
    if kind == "bool":
        return [False, True]
    if field.type in {field.TYPE_FLOAT, field.TYPE_DOUBLE}:
        return list(_FLOATS)
    low, high = {
        field.TYPE_UINT32: _RANGES["uint32"],
        field.TYPE_INT32: _RANGES["int32"],
        field.TYPE_UINT64: _RANGES["uint64"],
    }.get(field.type, (-(2**63), 2**63 - 1))
    return [value for value in _INTEGERS if low <= value <= high]


def _repeated_changes(field: Any, value: Any, names: list[str]) -> Iterator[tuple[str, Change]]:
    name = field.name
    yield "clear", lambda message: message.ClearField(name)
    if field.message_type is not None:
        yield "add an empty one", lambda message: getattr(message, name).add()
    else:
        for scalar in _scalars(field, names):
            yield f"append {scalar!r:.20}", lambda message, scalar=scalar: getattr(message, name).append(scalar)
            if len(value):
                yield (
                    f"first is {scalar!r:.20}",
                    lambda message, scalar=scalar: getattr(message, name).__setitem__(0, scalar),
                )
    if len(value):
        yield "drop the first", lambda message: getattr(message, name).__delitem__(0)
        yield "drop the last", lambda message: getattr(message, name).__delitem__(-1)
        yield "double", lambda message: getattr(message, name).extend(copy.deepcopy(list(getattr(message, name))))
    if len(value) > 1:
        yield "reverse", lambda message: getattr(message, name).reverse()


def _map_changes(field: Any, value: Any, names: list[str]) -> Iterator[tuple[str, Change]]:
    name = field.name
    yield "clear", lambda message: message.ClearField(name)
    is_message = field.message_type.fields_by_name["value"].message_type is not None

    def put(message: Any, key: str, held: Any) -> None:
        if is_message:
            getattr(message, name)[key].CopyFrom(copy.deepcopy(held))
        else:
            getattr(message, name)[key] = held

    def rename(message: Any, key: str) -> None:
        put(message, "renamed", getattr(message, name)[key])
        del getattr(message, name)[key]

    def exchange(message: Any, key: str, other: str) -> None:
        first, second = copy.deepcopy(getattr(message, name)[key]), copy.deepcopy(getattr(message, name)[other])
        put(message, key, second)
        put(message, other, first)

    keys = sorted(value)
    for key in keys:
        yield f"drop {key}", lambda message, key=key: getattr(message, name).__delitem__(key)
        yield f"rename {key}", lambda message, key=key: rename(message, key)
        if is_message:
            yield f"empty {key}", lambda message, key=key: getattr(message, name)[key].Clear()
        else:
            for text in (*_STRINGS, "[" * 100_000, "{}", '{"conv": 1}', '{"conv": [[]]}', *names):
                yield f"{text:.20} for {key}", lambda message, key=key, text=text: put(message, key, text)
    for key, other in itertools.pairwise(keys):
        yield f"exchange {key}, {other}", lambda message, key=key, other=other: exchange(message, key, other)


def _single_changes(
    field: Any, message: Any, names: list[str], others: dict[str, list[Any]]
) -> Iterator[tuple[str, Change]]:
    name = field.name
    yield "clear", lambda message: message.ClearField(name)
    if field.message_type is None:
        for scalar in _scalars(field, names):
            yield f"set {scalar!r:.20}", lambda message, scalar=scalar: setattr(message, name, scalar)
        if field.type == field.TYPE_BYTES and len(getattr(message, name)) > 1:
            yield "cut", lambda message: setattr(message, name, getattr(message, name)[:-1])
        return
    yield "set empty", lambda message: getattr(message, name).SetInParent()
    for other in others.get(field.message_type.full_name, ()):
        yield "take another", lambda message, other=other: getattr(message, name).CopyFrom(other)


def _changes(message: Any, names: list[str], others: dict[str, list[Any]]) -> Iterator[tuple[str, str, Change]]:
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if _is_map(field):
            changes = _map_changes(field, value, names)
        elif field.is_repeated:
            changes = _repeated_changes(field, value, names)
        else:
            changes = _single_changes(field, message, names, others)
        for label, change in changes:
            yield field.name, label, change


def damages(model: Any, count: int, seed: int) -> list[Damage]:
    """At most `count` damages of each kind, spread at random over the places where the kind is possible."""
    random = np.random.default_rng(seed)
    messages = list(_walk(model))
    names = sorted({operation.name for operation, _ in messages if operation.DESCRIPTOR.name == "NamedValueType"})
    others: dict[str, list[Any]] = defaultdict(list)
    for message, _ in messages:
        others[message.DESCRIPTOR.full_name].append(message)
    by_kind: dict[tuple[str, str, str], list[Damage]] = defaultdict(list)
    for message, path in messages:
        few_names = [names[at] for at in random.integers(0, len(names), 2)]
        few_others = {key: [held[at] for at in random.integers(0, len(held), 2)] for key, held in others.items()}
        for field, label, change in _changes(message, few_names, few_others):
            kind = (message.DESCRIPTOR.full_name, field, label)
            by_kind[kind].append(Damage(kind, path, change))
    chosen = []
    for kind in sorted(by_kind):
        held = by_kind[kind]
        picked = random.permutation(len(held))[:count]
        chosen += [held[at] for at in sorted(picked)]
    return chosen


class Classifier(nn.Module):
    """A little of everything: windows, a resize, joined and cut channels, a norm, a product."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1, stride=2)
        self.pool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(self.pool(F.gelu(self.conv(x))), scale_factor=2.0, mode="bilinear")
        x = torch.cat([x, x.flip(1)], 1)[:, 4:20]
        return self.head(self.norm(x.mean((2, 3)))).softmax(-1)


class Shapes(nn.Module):
    """Operators that make large values out of small attributes, and several outputs."""

    def forward(self, x: Tensor, factor: Tensor) -> tuple[Tensor, ...]:
        padded = F.pad(x, (1, 2, 0, 1)).tile(2, 1, 1)
        return x.reshape(2, -1)[:, ::2].cumsum(1) * factor, x.argmax(1), padded, x.topk(2, 1)[0]


@pytest.fixture(scope="module")
def packages(ct: Any, from_torch: Callable[..., Path], save: Callable[[Any], Path]) -> dict[str, Path]:
    from coremltools.optimize import coreml as optimize

    x = torch.zeros(1, 3, 12, 14)
    image = ct.ImageType(name="image", shape=tuple(x.shape), scale=1 / 127, bias=[-1.0, -1.1, -0.9])
    labels = ct.ClassifierConfig(["ant", "bee", "cat", "dog", "emu"])
    left_out = ct.TensorType(name="factor", shape=(1,), default_value=np.full(1, 2.5, np.float32))
    palette = optimize.OpPalettizerConfig(mode="uniform", nbits=4, weight_threshold=10)
    compress = optimize.OptimizationConfig(palette)
    path = from_torch(Classifier(), x, ios=18)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        palettized = optimize.palettize_weights(ct.models.MLModel(str(path), skip_model_load=True), compress)
    return {
        "classifier": from_torch(Classifier(), x, precision="FLOAT16", inputs=[image], classifier_config=labels),
        "palettes": save(palettized),
        "shapes": from_torch(
            Shapes(), torch.zeros(2, 3, 4), torch.ones(1), inputs=[ct.TensorType(name="x", shape=(2, 3, 4)), left_out]
        ),
    }


INPUTS: dict[str, dict[str, Any]] = {
    "classifier": {"image": np.zeros((12, 14, 3), np.uint8)},
    "palettes": {"x0": np.zeros((1, 3, 12, 14), np.float32)},
    "shapes": {"x": np.zeros((2, 3, 4), np.float32)},
}


def use(package: Path, inputs: dict[str, Any]) -> bool:
    """Whether the package loads and runs; any exception but the toolkit's own gets out."""
    try:
        program = MILProgram.load(package)
        program.predict(inputs)
        audit_float16(program, [inputs])
        list_weights(program.function, 10)
    except EfficientModError:
        return False
    return True


@pytest.fixture(params=INPUTS)
def case(request: pytest.FixtureRequest, packages: dict[str, Path], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A copy of one of the packages and inputs for it."""
    package = Path(shutil.copytree(packages[request.param], tmp_path / "model.mlpackage"))
    assert use(package, INPUTS[request.param])
    return package, INPUTS[request.param]


def test_any_field_of_the_specification(case: tuple[Path, dict[str, Any]]) -> None:
    from coremltools.proto import Model_pb2

    package, inputs = case
    model = Model_pb2.Model()
    model.ParseFromString((package / SPECIFICATION).read_bytes())
    tried = damages(model, 1, seed=0)
    assert len({damage.kind for damage in tried}) == len(tried) > 800
    harmless = 0
    for damage in tried:
        (package / SPECIFICATION).write_bytes(damage.of(model).SerializeToString())
        try:
            harmless += use(package, inputs)
        except Exception as error:
            raise AssertionError(f"{damage.kind} at {damage.path} is a {type(error).__name__}: {error}") from error
    assert len(tried) / 5 < harmless < 4 / 5 * len(tried)


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """`data` with a few bytes altered, taken out, or put in."""
    held = bytearray(data)
    for _ in range(random.integers(0, 4)):
        at, length = random.integers(0, len(held) + 1), random.integers(1, 9)
        change = random.integers(0, 3)
        new = random.choice([0, 1, 8, 10, 18, 127, 128, 255], length if change else 1).astype(np.uint8).tobytes()
        held[at : at + (0 if change == 2 else len(new))] = b"" if change == 1 else new
    return bytes(held)


def test_any_byte_of_any_file(case: tuple[Path, dict[str, Any]]) -> None:
    package, inputs = case
    whole = {path: path.read_bytes() for path in sorted(package.rglob("*")) if path.is_file()}
    harmless = 0
    for seed in range(700):
        random = np.random.default_rng(seed)
        for path, data in whole.items():
            path.write_bytes(damaged(data, random) if random.random() < 0.5 else data)
        try:
            harmless += use(package, inputs)
        except Exception as error:
            raise AssertionError(f"seed {seed} is a {type(error).__name__}: {error}") from error
    assert 25 < harmless < 675


MANIFESTS = {
    "deep": "[" * 100_000,
    "no object": "[]",
    "a long number": "9" * 10_000,
    "not text": b"\xff\xfe",
    "entries of another type": {"itemInfoEntries": [], "rootModelIdentifier": "a"},
    "an identifier of another type": {"itemInfoEntries": {}, "rootModelIdentifier": ["a"]},
    "an entry of another type": {"itemInfoEntries": {"a": 3}, "rootModelIdentifier": "a"},
    **{
        f"the path {path!r:.10}": {"itemInfoEntries": {"a": {"path": path}}, "rootModelIdentifier": "a"}
        for path in ("\0", "\ud800", "x" * 5000, "x/" * 5000, "", ".", "..", "/", 3, None, ["a"])
    },
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_any_manifest(name: str, packages: dict[str, Path], tmp_path: Path) -> None:
    package = Path(shutil.copytree(packages["shapes"], tmp_path / "model.mlpackage"))
    manifest = MANIFESTS[name]
    text = json.dumps(manifest) if isinstance(manifest, dict) else manifest
    (package / "Manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert not use(package, INPUTS["shapes"])


def test_a_link_to_itself(packages: dict[str, Path], tmp_path: Path) -> None:
    package = Path(shutil.copytree(packages["palettes"], tmp_path / "model.mlpackage"))
    (package / WEIGHTS).unlink()
    (package / WEIGHTS).symlink_to("weight.bin")
    assert not use(package, INPUTS["palettes"])
