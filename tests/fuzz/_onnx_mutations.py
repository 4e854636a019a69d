"""Small ONNX models, and ways to damage them. The same seed and case give the same file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from onnx import numpy_helper

# The first input stays one; the others become weights.
GRAPHS = (
    """(float[1,3,9,8] x, float[4,3,3,3] w, float[4] b, float[4,1,3,3] d, float[6,4,1,1] p) => (float y) {
        a = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(x, w, b)  low = Constant<value_float = 0.0>()
        high = Constant<value_float = 6.0>()  c = Clip(a, low, high)  e = Conv<group = 4, pads = [0, 1, 2, 1]>(c, d)
        f = HardSwish(e)  g = GlobalAveragePool(f)  h = Sigmoid(g)  i = Mul(f, h)  y = Conv(i, p) }""",
    """(float[1,6,8] x, float[8,24] w, float[8] s, float[8] t, float[8,5] o) => (float y, float z) {
        n = LayerNormalization<axis = -1, epsilon = 0.00001>(x, s, t)  q = MatMul(n, w)
        three = Constant<value_ints = [8, 8, 8]>()  a, b, c = Split<axis = -1>(q, three)
        to = Constant<value_ints = [1, 6, 2, 4]>()  d = Reshape(a, to)  e = Reshape(b, to)  f = Reshape(c, to)
        g = Transpose<perm = [0, 2, 1, 3]>(d)  h = Transpose<perm = [0, 2, 3, 1]>(e)
        i = Transpose<perm = [0, 2, 1, 3]>(f)  j = MatMul(g, h)  k = Softmax<axis = -1>(j)  l = MatMul(k, i)
        m = Transpose<perm = [0, 2, 1, 3]>(l)  back = Constant<value_ints = [0, 0, -1]>()  r = Reshape(m, back)
        z = Add(x, r)  u = Gelu(z)  v = ReduceMean<keepdims = 0>(u)  axes = Constant<value_ints = [1]>()
        mean = ReduceMean<keepdims = 0>(u, axes)  y = Gemm(mean, o) }""",
    """(float[1,4,6,5] x, float[4] s, float[4] t, float[4] m, float[4,3,2,2] w, float[4] k) => (float y) {
        a = BatchNormalization(x, s, t, m, k)  b = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(a)
        c = AveragePool<kernel_shape = [2, 3], strides = [2, 1], pads = [0, 1, 0, 1]>(b)
        one = Constant<value_floats = [1.0, 1.0, 2.0, 2.0]>()  d = Resize<mode = "linear">(c, , one)
        e = ConvTranspose<strides = [2, 2], pads = [0, 0, 1, 1]>(d, w)
        p = Constant<value_ints = [0, 0, 1, 0, 0, 0, 2, 1]>()  f = Pad(e, p)  zero = Constant<value_ints = [1]>()
        end = Constant<value_ints = [9]>()  two = Constant<value_ints = [2]>()  g = Slice(f, zero, end, two, two)
        h = Concat<axis = 1>(g, g)  i = LeakyRelu<alpha = 0.1>(h)  y = Resize<mode = "nearest">(i, , one) }""",
    """(float[2,4,6] x, float[4,1] w, float[6] u) => (float y) {
        e = Constant<value_float = 0.1>()  a = Abs(x)  b = Add(a, e)  c = Sqrt(b)  d = Div(w, c)  f = Pow(b, e)
        g = Max(d, f, u)  h = Tanh(g)  i = Exp(h)  j = Log(i)  s = Shape(x)  first = Constant<value_int = 1>()
        n = Gather(s, first)  zero = Constant<value_ints = [0]>()  k = Unsqueeze(j, zero)  l = Squeeze(k, zero)
        many = Constant<value_ints = [1, 2, 1]>()  o = Tile(l, many)  p = Flatten(o)  m = Cast<to = 1>(n)
        q = Mul(p, m)  axes = Constant<value_ints = [1]>()  r = ReduceL2(q, axes)  y = Sub(q, r) }""",
    """(float[1,6,4,6] x, float[3] s, float[3] t, float[6] i, float[6] k) => (float y, float[1,6,4,6] z) {
        b = InstanceNormalization(x, i, k)  z = GroupNormalization<num_groups = 3>(b, s, t)
        c = DepthToSpace<blocksize = 1>(b)  d = SpaceToDepth<blocksize = 2>(c)  e = Elu(d)  f = Softmax<axis = 1>(e)
        half = Constant<value_float = 0.5>()  root = Constant<value_float = 1.4142135>()  g = Div(f, root)  h = Erf(g)
        one = Constant<value_float = 1.0>()  j = Add(h, one)  n = Mul(f, j)  l = Mul(n, half)
        shape = Constant<value_ints = [2, 24, 2, 3]>()  y = Expand(l, shape) }""",
    """(float[1,4,7,9] x, float[6,4,3,2] w, float[6] b, float[6,1,1] s, float[6,6,3,3] t) => (float y) {
        a = Conv<auto_pad = "SAME_UPPER", dilations = [1, 1], strides = [1, 2], kernel_shape = [3, 2]>(x, w, b)
        c = PRelu(a, s)  d = MaxPool<auto_pad = "NOTSET", ceil_mode = 1, kernel_shape = [2, 2], strides = [2, 2]>(c)
        e = AveragePool<count_include_pad = 1, kernel_shape = [3, 3], pads = [1, 1, 1, 1], ceil_mode = 0>(d)
        f = HardSigmoid<alpha = 0.2, beta = 0.5>(e)  p = Constant<value_ints = [0, 0, 1, 1, 0, 0, 1, 1]>()
        g = Pad<mode = "reflect">(f, p)  h = ConvTranspose<output_padding = [1, 0], pads = [1, 1, 1, 1],
        strides = [2, 2]>(g, t)  size = Constant<value_ints = [1, 6, 8, 16]>()
        big = Constant<value_ints = [1, 6, 16, 32]>()  ax = Constant<value_ints = [3]>()
        i = Resize<mode = "linear", coordinate_transformation_mode = "half_pixel">(h, , , size)
        j = ReduceMax(i, ax)  k = Min(i, j)  l = Clip(k)  m = Resize<mode = "nearest",
        coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(l, , , big)
        y = ReduceSum<keepdims = 0>(m, ax) }""",
    """(float[1,4,5,3] x, float[8,4,1,1] w, float[8] b) => (float y) {
        a = Conv(x, w, b)  c = DepthToSpace<blocksize = 2, mode = "CRD">(a)  d = Mish(c)  e = Softplus(d)
        f = Selu<alpha = 1.5, gamma = 1.1>(e)  g = Celu<alpha = 2.0>(f)  h = Softsign(g)  i = Sum(g, h, e)
        j = Mean(i, h)  k = LogSoftmax<axis = 1>(j)  l = GlobalMaxPool(k)  ax = Constant<value_ints = [1]>()
        m = ReduceL1(l, ax)  n = ReduceSumSquare(k, ax)  o = DepthToSpace<blocksize = 1, mode = "CRD">(n)
        y = Add(o, m) }""",
    """(float[1,4,5,6] x) => (float y) {
        n = Constant<value_ints = [4]>()  wide = Constant<value_ints = [1, 0, 2, 1]>()
        none = ConstantOfShape<value = int64[1] {0}>(n)  a = Concat<axis = 0>(wide, none)
        two = Constant<value_ints = [-1, 2]>()  b = Reshape(a, two)  last = Constant<value_ints = [-1]>()
        zero = Constant<value_ints = [0]>()  first = Constant<value_ints = [-9223372036854775807]>()
        c = Slice(b, last, first, zero, last)  d = Transpose<perm = [1, 0]>(c)  e = Reshape(d, last)
        f = Cast<to = 7>(e)  g = Pad<mode = "constant">(x, f)  s = Shape(g)  i = Slice(s, zero, zero, zero)
        end = Constant<value_ints = [2]>()  j = Slice(s, end, n, zero)  k = Concat<axis = 0>(i, last, j)
        l = Reshape(g, k)  h = Gather<axis = 0>(s, end)  half = Div(h, end)  more = Sub(h, half)
        o = Concat<axis = 0>(half, more)  m, p = Split<axis = 1>(l, o)
        wanted = Constant<value_ints = [2, -1, -1, -1]>()  ones = ConstantOfShape<value = int64[1] {1}>(n)
        kept = Equal(wanted, last)  u = Where(kept, ones, wanted)  v = Expand(m, u)  q = Shape(m)
        r = ConstantOfShape<value = float[1] {0.5}>(q)  y = Add(v, r) }""",
    """(float[1,4,5,6] x, float[4,1,3,4] w, float[4] b, float[4,3] v) => (float y) {
        a = ConvTranspose<group = 4, strides = [2, 2], pads = [1, 1, 0, 1], output_padding = [1, 0]>(x, w, b)
        p = Constant<value_ints = [0, 0, 1, 0, 0, 0, 2, 1]>()  c = Pad<mode = "edge">(a, p)
        d = Pad<mode = "wrap">(c, p)  n = Constant<value_ints = [0, 0, -1, 1, 0, 0, -2, 0]>()  e = Pad(d, n)
        f = Einsum<equation = "bchw,cd->bdhw">(e, v)  one = Constant<value_ints = [-1]>()
        end = Constant<value_ints = [-99]>()  g = Slice(f, one, end, one, one)  axis = Constant<value_int = 1>()
        h = CumSum(g, axis)  axes = Constant<value_ints = [2, 1]>()  j = ReduceLogSumExp<keepdims = 0>(h, axes)
        all = Constant<value_ints = [0, 1, 2]>()  k = ReduceMax<keepdims = 0>(h, all)  y = MatMul(j, k) }""",
)
HEADER = '<ir_version: 9, opset_import: ["": 20]> g '

INTEGERS = (
    *range(-3, 10), 16, 20, 26, 255, 1000, 1 << 16, (1 << 20) + 1, 1 << 28, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 32,
    1 << 33, 1 << 40, 1 << 62, (1 << 63) - 1, -(1 << 63),
)  # fmt: skip
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 6.0, 1e-30, 1e30, float("inf"), float("-inf"), float("nan"))
NAMES = (
    "", "x", "y", "a", "w", "location", "offset", "length", "weights.bin", "../secret.bin", "link.bin", "loop.bin",
    "folder", "n" * 5000, "\0", "ai.onnx", "com.example", "Relu", "Identity", "If", "Loop", "axis", "SAME_UPPER",
    "SAME_LOWER", "VALID", "NOTSET",
    "linear", "nearest", "cubic", "half_pixel", "align_corners", "asymmetric", "floor", "ceil", "round_prefer_ceil",
    "reflect", "edge", "wrap", "4", "-4", "99999999999999999999",
)  # fmt: skip


def corpus() -> list[onnx.ModelProto]:
    """The models of `GRAPHS`, and two that PyTorch exports."""
    random = np.random.default_rng(0)
    models = []
    for text in GRAPHS:
        model = onnx.parser.parse_model(HEADER + text)
        for value in model.graph.output:
            if not value.type.tensor_type.shape.dim:  # "float y": the type alone
                value.type.tensor_type.ClearField("shape")
        for value in model.graph.input[1:]:
            shape = [extent.dim_value for extent in value.type.tensor_type.shape.dim]
            array = np.abs(random.standard_normal(shape)).astype(np.float32)
            model.graph.initializer.append(numpy_helper.from_array(array, value.name))
        del model.graph.input[1:]
        models.append(model)
    return [*models, *_exported()]


def _exported() -> Iterator[onnx.ModelProto]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    convolutions = nn.Sequential(
        nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.Hardswish(), nn.Conv2d(6, 6, 3, groups=6), nn.GELU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5),
    )  # fmt: skip
    attention = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, norm_first=True)
    for module, shape in ((convolutions, (1, 3, 12, 10)), (attention, (1, 5, 8))):
        program = torch.export.export(module.eval(), (torch.zeros(shape),))
        exported = torch.onnx.export(program, dynamo=True, opset_version=20, verbose=False)
        assert exported is not None
        yield exported.model_proto


def save(data: bytes, folder: Path) -> Path:
    """Write the file; beside it are some that external data may name, one of them a link out of the folder."""
    inside = folder / "model"
    if not inside.exists():
        (inside / "folder").mkdir(parents=True)
        (folder / "secret.bin").write_bytes(bytes(1 << 16))
        (inside / "weights.bin").write_bytes(np.ones(1 << 14, np.float32).tobytes())
        (inside / "link.bin").symlink_to(folder / "secret.bin")
        (inside / "loop.bin").symlink_to(inside / "loop.bin")
    (inside / "model.onnx").write_bytes(data)
    return inside / "model.onnx"


class Mutator:
    """Draws a model and damages it."""

    def __init__(self, models: list[onnx.ModelProto], seed: int, case: int) -> None:
        self.random = np.random.default_rng([seed, case])
        self.models = models
        self.model = onnx.ModelProto()
        self.model.CopyFrom(self.any_of(models))

    def file(self) -> bytes:
        """The damaged file: nine times in ten its fields are, else its bytes."""
        if self.random.random() < 0.1:
            return self.damaged(self.model.SerializeToString())
        for _ in range(min(self.random.geometric(0.5), 6)):
            self.mutate(self.any_message(self.model))
        return self.model.SerializeToString()

    def any_of(self, items: Any) -> Any:
        return items[self.random.integers(len(items))]

    def any_message(self, root: Message) -> Message:
        """A part of the model; every kind of part is as likely, however many there are of it."""
        kinds: dict[str, list[Message]] = {}
        for message in _messages(root):
            kinds.setdefault(message.DESCRIPTOR.name, []).append(message)
        return self.any_of(kinds[self.any_of(sorted(kinds))])

    def mutate(self, message: Message) -> None:
        """Change one field, mostly one that is set."""
        fields = [field for field, _ in message.ListFields()]
        if not fields or self.random.random() < 0.2:
            fields = list(message.DESCRIPTOR.fields)
        field = self.any_of(fields)
        if field.is_repeated:
            self.mutate_list(field, getattr(message, field.name))
        elif field.message_type:
            getattr(message, field.name).CopyFrom(self.another(field))
        elif self.random.random() < 0.1:
            message.ClearField(field.name)
        else:
            self.put(lambda value: setattr(message, field.name, value), field)

    def mutate_list(self, field: FieldDescriptor, items: Any) -> None:
        """Take an item away, double it, exchange two, or put a new one in the place of one."""
        first, second = (self.random.integers(len(items)) if items else None for _ in range(2))
        match self.random.integers(4):
            case 0 if items:
                del items[first]
            case 1 if items:
                items.append(items[first])
            case 2 if items and field.message_type:
                kept = type(items[first])()
                kept.CopyFrom(items[first])
                items[first].CopyFrom(items[second])
                items[second].CopyFrom(kept)
            case _ if field.message_type:
                (items[first] if items else items.add()).CopyFrom(self.another(field))
            case _:
                self.put(items.append if first is None else lambda value: items.__setitem__(first, value), field)

    def another(self, field: FieldDescriptor) -> Message:
        """A message of the field's kind, from any of the models."""
        kind = GetMessageClass(field.message_type)
        found = [message for message in _messages(self.any_of(self.models)) if isinstance(message, kind)]
        return self.any_of(found) if found else kind()

    def put(self, setter: Any, field: FieldDescriptor) -> None:
        """Give a field that is no message a value of its type; one that is out of its range changes nothing."""
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
                value: Any = self.any_of(NUMBERS)
            case FieldDescriptor.CPPTYPE_ENUM:
                value = self.any_of(field.enum_type.values).number
            case FieldDescriptor.CPPTYPE_STRING:
                names = [*NAMES, *(name for node in self.model.graph.node for name in (*node.input, *node.output))]
                value = self.any_of(names if self.random.random() < 0.5 else names[len(NAMES) :] or names)
                if field.type == FieldDescriptor.TYPE_BYTES:
                    value = self.damaged(value.encode() * 4)
            case _:
                value = self.any_of(INTEGERS)
        try:
            setter(value)
        except ValueError:
            return

    def damaged(self, data: bytes) -> bytes:
        """The bytes cut short, or some of them changed, taken out or put in."""
        if not data or self.random.random() < 0.2:
            return data[: self.random.integers(len(data) + 1)]
        raw = bytearray(data)
        for _ in range(min(self.random.geometric(0.4), 8)):
            place, new = int(self.random.integers(len(raw) + 1)), int(self.random.integers(256))
            raw[place : place + self.random.integers(3)] = bytes([new] * self.random.integers(3))
        return bytes(raw)


def _messages(root: Message) -> Iterator[Message]:
    yield root
    for field, value in root.ListFields():
        if field.message_type:
            for message in value if field.is_repeated else (value,):
                yield from _messages(message)
