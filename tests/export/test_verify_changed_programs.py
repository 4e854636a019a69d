"""Every change of a saved Core ML program is seen by `verify`, also one that float16's noise would hide.

The changes are made to the program itself, one at a time, and the manifest is made to state the changed files.
"""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from efficientmod_export.foreign import quiet
from efficientmod_export.targets.coreml._mlpackage import MODEL, WEIGHTS

from .conftest import seal_again

Command = Callable[..., Result]
Change = Callable[[Any, Path], None]
LEAST_CHANGES = {"attention": 56, "windows": 50}

BEGINNING = """
import torch
import torch.nn.functional as F
from torch import nn
"""

ATTENTION = """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(8)
        self.fc1, self.fc2 = nn.Linear(8, 16), nn.Linear(16, 8)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.scale = nn.Parameter(torch.rand(1, 8, 1, 1) + 0.5)
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)
        self.last = nn.Conv2d(16, 12, 1)
        self.head = nn.Linear(12, 7)

    def forward(self, x):
        x = F.hardswish(self.stem(x))
        y = self.norm(x.permute(0, 2, 3, 1))
        y = self.fc2(F.gelu(self.fc1(y))).permute(0, 3, 1, 2)
        x = x + y * torch.sigmoid(self.depthwise(x)) - 0.1 * self.scale
        x = F.avg_pool2d(F.leaky_relu(x, 0.1), 2)
        n, c, h, w = x.shape
        t = x.flatten(2).transpose(1, 2)
        q, k, v = self.qkv(t).chunk(3, -1)
        t = t + self.proj((q @ k.transpose(1, 2) * 0.35).softmax(-1) @ v)
        a = t.transpose(1, 2).reshape(n, c, h, w)
        b = F.interpolate(F.max_pool2d(a, 2), scale_factor=2, mode="nearest")
        x = F.silu(self.last(torch.cat([a, torch.tanh(b)], 1))) / 1.3
        return self.head(F.relu6(x + 0.5).mean((2, 3)))
"""

WINDOWS = """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.slope = nn.Conv2d(3, 8, 3, 2, 1), nn.PReLU(8)
        self.down, self.up = nn.Conv2d(8, 16, (3, 5), (2, 1), (1, 2)), nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.wide, self.last = nn.Conv2d(8, 32, 1), nn.Conv2d(16, 5, 1)
        self.least = nn.Parameter(torch.rand(1, 8, 1, 1))
        self.rows, self.head = nn.Linear(5, 12), nn.Linear(12, 7)

    def forward(self, x):
        x = self.slope(self.stem(x))
        y = F.elu(self.down(x), 0.7)
        y = F.softplus(torch.clamp(y, -0.6, 0.8))
        z = torch.where(y > 0.7, y, 0.3 * y - 0.2)
        u = self.up(z)[:, :, :, ::2]
        p = F.pixel_shuffle(self.wide(x[:, :, ::2, ::2]), 2)
        d = F.interpolate(z[:, 4:12, :, ::2], scale_factor=2, mode="bilinear", align_corners=False)
        m = torch.maximum(torch.minimum(u, d + 0.7), p - self.least)
        c = F.pad(torch.cat([m, d.flip(3)], 1), (1, 1, 0, 2), value=0.3)
        r = torch.exp(0.2 * self.last(c)).amax(2).transpose(1, 2)
        r = self.rows(torch.sin(r))
        return self.head(r[:, 3] + r.cumsum(1)[:, -1] * 0.1)
"""

ENDING = """

def build():
    torch.manual_seed(3)
    net = Net()
    for name, parameter in net.named_parameters():  # of a scale at which every operator matters
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 4
        torch.nn.init.normal_(parameter, 1.0 if name == "norm.weight" else 0.0, 2.0 / fan_in**0.5)
    return net
"""

NETWORKS = {"attention": ATTENTION, "windows": WINDOWS}

OTHER_OPERATORS = {
    "add": "sub",
    "sub": "add",
    "mul": "add",
    "real_div": "mul",
    "relu6": "relu",
    "sigmoid": "tanh",
    "tanh": "sigmoid",
    "silu": "relu",
    "reduce_mean": "reduce_sum",
    "reduce_sum": "reduce_mean",
    "rsqrt": "sqrt",
    "max_pool": "avg_pool",
    "avg_pool": "max_pool",
    "square": "abs",
    "elu": "relu",
    "maximum": "minimum",
    "minimum": "maximum",
    "greater": "less",
    "exp": "square",
    "sin": "tanh",
    "reduce_max": "reduce_min",
}

NOT_COMMUTATIVE = {"sub": "xy", "real_div": "xy", "matmul": "xy", "greater": "xy", "select": "ab"}
"""Operators whose two inputs, named so, can be exchanged."""


def other_weight(offset: int, arithmetic: Callable[[np.ndarray], np.ndarray]) -> Change:
    def change(_: Any, package: Path) -> None:
        path = package / WEIGHTS
        data = bytearray(path.read_bytes())
        array, start = stored(path, offset)
        changed = arithmetic(array.astype(np.float64)).astype(array.dtype).tobytes()
        data[start : start + len(changed)] = changed
        path.write_bytes(bytes(data))

    return change


def stored(path: Path, offset: int) -> tuple[np.ndarray, int]:
    """A weight's values and where they lie in the file."""
    header = np.frombuffer(path.read_bytes()[offset : offset + 64], np.uint32)
    size, start = int(header[2]), int(header[4])
    dtype = {1: np.float16, 2: np.float32}[int(header[1])]
    return np.frombuffer(path.read_bytes()[start : start + size], dtype), start


def changes(spec: Any) -> Iterator[tuple[str, Change]]:
    """Every weight scaled and in another order, every number, every mode, every operator that has a likeness."""
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    readers = {
        argument.name: f"{operation.type} {key}"
        for operation in block.operations
        for key, held in operation.inputs.items()
        for argument in held.arguments
    }
    for place, operation in enumerate(block.operations):
        if operation.type in OTHER_OPERATORS:
            yield f"{operation.type} {place} becomes {OTHER_OPERATORS[operation.type]}", other_operator(place)
        if operation.type in NOT_COMMUTATIVE or operation.type == "concat":
            yield f"the inputs of {operation.type} {place} exchanged", exchange(place)
        for key, argument in operation.inputs.items():
            for value in (item.value for item in argument.arguments if item.HasField("value")):
                yield from value_changes(f"{operation.type} {place}, {key}", (place, key), value)
        if operation.type == "const":
            name = f"constant {place} of {readers.get(operation.outputs[0].name)}"
            yield from value_changes(name, (place, None), operation.attributes["val"])


def value_changes(name: str, where: tuple[int, str | None], value: Any) -> Iterator[tuple[str, Change]]:
    if value.WhichOneof("value") == "blobFileValue":
        offset = value.blobFileValue.offset
        yield f"{name}: a weight times 1.01", other_weight(offset, lambda array: array * 1.01)
        yield f"{name}: a weight in another order", other_weight(offset, lambda array: np.roll(array, 1))
        return
    tensor = value.immediateValue.tensor
    kind = tensor.WhichOneof("value")
    if kind == "floats" and len(tensor.floats.values) and any(tensor.floats.values):
        yield f"{name}: numbers changed", edit(where, lambda held: scale(held.floats.values, name))
    if kind == "bytes" and len(tensor.bytes.values) == 2:  # a float16 number
        yield f"{name}: a float16 number changed", edit(where, lambda held: scale_half(held, name))
    if kind == "strings" and list(tensor.strings.values) == ["EXACT"]:
        yield f"{name}: the other GELU", edit(where, lambda held: put(held.strings.values, ["TANH_APPROXIMATION"]))


def factor(name: str, value: float) -> float:
    """An epsilon becomes a thousand times as large, another number larger by one hundredth; otherwise where that gives
    the same function: the same whole size, or a threshold below which a clamp gives zero anyhow.
    """
    if 0 < abs(value) < 1e-3:
        return 1000.0
    return 1.7 if "scale_factor" in name else 0.5 if "alpha" in name else 1.01


def scale(values: Any, name: str) -> None:
    put(values, [value * factor(name, value) for value in values])


def scale_half(held: Any, name: str) -> None:
    value = np.frombuffer(held.bytes.values, np.float16).astype(np.float64)
    held.bytes.values = np.where(value == 0, 0.5, value * factor(name, value[0])).astype(np.float16).tobytes()


def put(values: Any, new: list[Any]) -> None:
    del values[:]
    values.extend(new)


def edit(where: tuple[int, str | None], change: Callable[[Any], None]) -> Change:
    place, key = where

    def apply(spec: Any, _: Path) -> None:
        (block,) = spec.mlProgram.functions["main"].block_specializations.values()
        operation = block.operations[place]
        if key is None:
            change(operation.attributes["val"].immediateValue.tensor)
        else:
            for item in operation.inputs[key].arguments:
                if item.HasField("value"):
                    change(item.value.immediateValue.tensor)

    return apply


def other_operator(place: int) -> Change:
    def apply(spec: Any, _: Path) -> None:
        (block,) = spec.mlProgram.functions["main"].block_specializations.values()
        block.operations[place].type = OTHER_OPERATORS[block.operations[place].type]

    return apply


def exchange(place: int) -> Change:
    def apply(spec: Any, _: Path) -> None:
        (block,) = spec.mlProgram.functions["main"].block_specializations.values()
        operation = block.operations[place]
        if operation.type == "concat":
            values = operation.inputs["values"].arguments
            put(values, [copy.deepcopy(value) for value in reversed(values)])
            return
        first, second = (operation.inputs[key] for key in NOT_COMMUTATIVE[operation.type])
        held = copy.deepcopy(first)
        first.CopyFrom(second)
        second.CopyFrom(held)

    return apply


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_change_is_seen(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, efficientmod: Command
) -> None:
    with quiet():
        from coremltools.proto import Model_pb2

    (tmp_path / f"changed_{name}.py").write_text(BEGINNING + NETWORKS[name] + ENDING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    exported = efficientmod(
        "export", "--model", f"changed_{name}:build", "--target", "coreml", "--resolution", "32x48", "--quiet"
    )
    assert exported.exit_code == 0, exported.output
    assert efficientmod("verify", "out", "--quiet").exit_code == 0
    spec = Model_pb2.Model.FromString(Path("out/model.mlpackage", MODEL).read_bytes())
    found = dict(changes(spec))
    assert len(found) >= LEAST_CHANGES[name]
    missed = []
    for label, change in found.items():
        bundle = Path(shutil.copytree("out", tmp_path / "changed"))
        package = bundle / "model.mlpackage"
        changed = Model_pb2.Model.FromString((package / MODEL).read_bytes())
        change(changed, package)
        (package / MODEL).write_bytes(changed.SerializeToString())
        seal_again(bundle)
        shown = efficientmod("verify", bundle, "--json")
        if shown.exit_code == 0:
            missed.append(label)
        else:
            assert json.loads(shown.stdout)["variants"], label
        shutil.rmtree(bundle)
    assert missed == [], "\n".join(missed)
