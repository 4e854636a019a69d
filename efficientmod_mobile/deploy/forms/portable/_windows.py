"""Windows of an image as columns, and back: convolutions with kernels of a single one.

im2col(x)[c k + t]  =  conv(x, e_t), depthwise              e_t is 1 at tap t of the window's k and 0 elsewhere
col2im(y)           =  conv_transpose(y, e_t), grouped      overlapping windows add up
unfold(x, size)     =  the windows' elements taken along the axis
conv(x, W)          =  W @ im2col(x), group by group        W computed by the network; of lines as of images of one row
conv_transpose(x, W)  =  col2im(W^T @ x), group by group    W computed by the network
conv_transpose(x, W, output_padding)  =  pad(conv_transpose(x, W)) + b        where nothing is cropped
"""

from math import prod

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.forms._form import Form, Write, pair
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import taken
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype, shape

aten = torch.ops.aten


def _columns(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image = bound["self"]
    if len(shape(image)) != 4:
        return None
    kernel, dilation, padding, stride = (pair(bound[name]) for name in ("kernel_size", "dilation", "padding", "stride"))

    def write() -> fx.Node:
        channels = shape(image)[1]
        weight = add_parameter(node, f"{node.name}_taps", _taps(channels, kernel, node_dtype(image)))
        y = emit(node, aten.conv2d.default, (image, weight, None, stride, padding, dilation, channels))
        return emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _image(node: fx.Node) -> Write | None:
    bound = arguments(node)
    columns = bound["self"]
    if len(shape(node)) != 4:
        return None
    kernel, dilation, padding, stride = (pair(bound[name]) for name in ("kernel_size", "dilation", "padding", "stride"))
    batch, channels, *sizes = shape(node)
    reach = [step * (window - 1) + 1 for step, window in zip(dilation, kernel, strict=True)]
    grid = [
        (size + 2 * pad - long) // step + 1 for size, pad, long, step in zip(sizes, padding, reach, stride, strict=True)
    ]
    rest = [
        size - ((count - 1) * step - 2 * pad + long)
        for size, count, step, pad, long in zip(sizes, grid, stride, padding, reach, strict=True)
    ]

    def write() -> fx.Node:
        weight = add_parameter(node, f"{node.name}_taps", _taps(channels, kernel, node_dtype(columns)))
        y = emit(node, aten.reshape.default, (columns, [batch, channels * kernel[0] * kernel[1], *grid]))
        options = (stride, padding, rest, channels, dilation)
        return emit(node, aten.conv_transpose2d.input, (y, weight, None, *options))

    return write


def _taps(channels: int, kernel: list[int], dtype: torch.dtype) -> Tensor:
    count = kernel[0] * kernel[1]
    return torch.eye(count, dtype=dtype).reshape(count, 1, *kernel).repeat(channels, 1, 1, 1)


def _unfold(node: fx.Node) -> Write | None:
    bound = arguments(node)
    x = bound["self"]
    axis, size, step = bound["dimension"] % len(shape(x)), bound["size"], bound["step"]
    count = shape(node)[axis]
    places = [window * step + tap for window in range(count) for tap in range(size)]

    def write() -> fx.Node:
        y = taken(node, x, axis, places)
        sizes = list(shape(x))
        y = emit(node, aten.reshape.default, (y, [*sizes[:axis], count, size, *sizes[axis + 1 :]]))
        rank = len(sizes) + 1
        order = [*(place for place in range(rank) if place != axis + 1), axis + 1]
        return y if order == list(range(rank)) else emit(node, aten.permute.default, (y, order))

    return write


def _computed_kernel(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image, weight, bias, groups = bound["input"], bound["weight"], bound["bias"], bound["groups"]
    if len(shape(image)) != 4 or isinstance(bound["padding"], str) or not _depends_on_input(weight):
        return None
    outputs, inputs, *kernel = shape(weight)
    sizes = [pair(bound[name]) for name in ("stride", "padding", "dilation")]
    batch, channels = shape(image)[:2]
    taps, places = inputs * prod(kernel), prod(shape(node)[2:])

    def write() -> fx.Node:
        ones = add_parameter(node, f"{node.name}_taps", _taps(channels, kernel, node_dtype(image)))
        columns = emit(node, aten.conv2d.default, (image, ones, None, *sizes, channels))
        columns = emit(node, aten.reshape.default, (columns, [batch * groups, taps, places]))
        kernels = emit(node, aten.reshape.default, (weight, [groups, outputs // groups, taps]))
        if batch > 1:
            kernels = emit(node, aten.repeat.default, (kernels, [batch, 1, 1]))
        y = emit(node, aten.reshape.default, (emit(node, aten.matmul.default, (kernels, columns)), list(shape(node))))
        return _shifted(node, y, bias)

    return write


def _computed_lines(node: fx.Node) -> Write | None:
    bound = arguments(node)
    lines, weight, bias = bound["input"], bound["weight"], bound["bias"]
    if len(shape(lines)) != 3 or isinstance(bound["padding"], str) or not _depends_on_input(weight):
        return None
    stride, padding, dilation = [1, *bound["stride"]], [0, *bound["padding"]], [1, *bound["dilation"]]

    def write() -> fx.Node:
        image, kernel = (emit(node, aten.unsqueeze.default, (one, 2)) for one in (lines, weight))
        if node.target == aten.conv1d.default:
            y = emit(node, aten.conv2d.default, (image, kernel, bias, stride, padding, dilation, bound["groups"]))
        else:
            options = (stride, padding, [0, *bound["output_padding"]], bound["groups"], dilation)
            y = emit(node, aten.conv_transpose2d.input, (image, kernel, bias, *options))
        return emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _transposed(node: fx.Node) -> Write | None:
    bound = arguments(node)
    if len(shape(node)) != 4:
        return None
    if _depends_on_input(bound["weight"]):
        return _computed_transposed(node)
    # coremltools fails on a border where nothing is cropped.
    return _border_behind(node) if any(bound["output_padding"]) and not any(bound["padding"]) else None


def _computed_transposed(node: fx.Node) -> Write:
    bound = arguments(node)
    image, weight, groups = bound["input"], bound["weight"], bound["groups"]
    stride, padding, border, dilation = (
        pair(bound[name]) for name in ("stride", "padding", "output_padding", "dilation")
    )
    inputs, outputs, *kernel = shape(weight)
    batch, _, *sizes = shape(image)
    taps = outputs * prod(kernel)

    def write() -> fx.Node:
        kernels = emit(node, aten.reshape.default, (weight, [groups, inputs // groups, taps]))
        kernels = emit(node, aten.transpose.int, (kernels, 1, 2))
        if batch > 1:
            kernels = emit(node, aten.repeat.default, (kernels, [batch, 1, 1]))
        pixels = emit(node, aten.reshape.default, (image, [batch * groups, inputs // groups, prod(sizes)]))
        columns = emit(node, aten.matmul.default, (kernels, pixels))
        columns = emit(node, aten.reshape.default, (columns, [batch, groups * taps, *sizes]))
        ones = add_parameter(node, f"{node.name}_taps", _taps(groups * outputs, kernel, node_dtype(image)))
        options = (stride, padding, border, groups * outputs, dilation)
        return _shifted(node, emit(node, aten.conv_transpose2d.input, (columns, ones, None, *options)), bound["bias"])

    return write


def _border_behind(node: fx.Node) -> Write:
    bound = arguments(node)
    rows, columns = pair(bound["output_padding"])

    def write() -> fx.Node:
        options = (bound["stride"], [0, 0], [0, 0], bound["groups"], bound["dilation"])
        y = emit(node, aten.conv_transpose2d.input, (bound["input"], bound["weight"], None, *options))
        return _shifted(node, emit(node, aten.constant_pad_nd.default, (y, [0, columns, 0, rows])), bound["bias"])

    return write


def _shifted(node: fx.Node, y: fx.Node, bias: fx.Node | None) -> fx.Node:
    if bias is None:
        return y
    return emit(node, aten.add.Tensor, (y, emit(node, aten.reshape.default, (bias, [*shape(bias), 1, 1]))))


def _depends_on_input(node: fx.Node) -> bool:
    seen, waiting = {node}, [node]
    for reader in waiting:
        sources = [source for source in reader.all_input_nodes if source not in seen]
        seen.update(sources)
        waiting.extend(sources)
    return any(source.op == "placeholder" for source in seen)


FORMS: dict[object, Form] = {
    aten.conv1d.default: _computed_lines,
    aten.conv_transpose1d.default: _computed_lines,
    aten.conv2d.default: _computed_kernel,
    aten.conv_transpose2d.input: _transposed,
    aten.im2col.default: _columns,
    aten.col2im.default: _image,
    aten.unfold.default: _unfold,
}
