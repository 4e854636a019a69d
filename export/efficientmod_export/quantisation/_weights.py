"""A program whose kernels and matrices are rounded to int8, layer by layer, on calibration pictures.

The result is a float32 program that computes what a file with int8 weights computes: each row of a rounded weight lies
on a grid of 255 steps (`_rounding`), so that a converter that stores it as int8 loses nothing. An artifact is therefore
proven twice: against this program, closely, and against the network, for what the rounding costs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx
from torch.nn.functional import conv2d, pad, unfold

from efficientmod_export.quantisation._rounding import to_least_output_error, to_nearest
from efficientmod_export.quantisation._views import with_views
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of
from efficientmod_mobile.deploy.program import arguments, module_path

Images = Sequence[Tensor]

_LARGEST_HALF = torch.finfo(torch.float16).max

PLANE = 2
"""Spatial axes of a convolution over pictures."""


@dataclass(frozen=True)
class RoundedLayer:
    """A layer whose weights were rounded: its node, the path of its module, its weights' number, and the mean square
    error that rounding alone adds to its outputs, as a fraction of their mean square.
    """

    node: str
    path: str
    weights: int
    relative_error: float


@dataclass(frozen=True)
class Rounded:
    """The program with rounded weights, and the layers that were rounded, in the order of computation."""

    program: Program
    layers: tuple[RoundedLayer, ...]


def round_weights(
    program: Program,
    inputs: Sequence[tuple[Tensor, ...]],
    colours: int | None = None,
) -> Rounded:
    """Round the weights of every layer of `rounded_layers` for these inputs of the program and views of them; with
    `colours` to a palette of that many levels for each layer.

    Each layer is rounded for what it reads once the layers before it are rounded, and its bias then takes what the mean
    of its outputs has lost. The weights of the other layers are rounded to float16, as files may store them.
    The given program is not changed.
    """
    exact, changed = to_dtype(program, torch.float32), to_dtype(program, torch.float32)
    chosen = {node.name for node in rounded_layers(changed)}
    layers: list[RoundedLayer] = []

    def round_layer(node: fx.Node, floating: Images, rounding: Images) -> None:
        layer = layer_of(node)
        if node.name in chosen and isinstance(layer, Layer):
            if layer.in_pairs:
                layers.append(_round_pairs(layer, floating, rounding))
            else:
                layers.append(_round(layer, floating, rounding, colours))
        elif isinstance(layer, Layer):
            layer.write(in_float16(layer.weight), layer.bias)

    _side_by_side(exact, changed, with_views(inputs), round_layer)
    changed.graph_module.recompile()
    return Rounded(changed, tuple(layers))


def in_float16(weight: Tensor) -> Tensor:
    """The weights rounded to float16, in their own dtype; themselves where one is beyond its range."""
    return weight.half().to(weight.dtype) if weight.abs().max() <= _LARGEST_HALF else weight


def round_to_nearest(program: Program) -> Program:
    """The program with the same layers' weights rounded one by one: what `round_weights` is compared with."""
    changed = to_dtype(program, torch.float32)
    for node in rounded_layers(changed):
        layer = layer_of(node)
        if isinstance(layer, Layer):
            layer.write(to_nearest(layer.weight), layer.bias)
    changed.graph_module.recompile()
    return changed


def rounded_layers(program: Program) -> list[fx.Node]:
    """The layers whose weights are rounded: linear ones, and over pictures convolutions of one group and depthwise ones
    in pairs; but not those that read the picture itself or have a single output, such as a norm's mean: they have few
    weights, and their error passes through the whole network.
    """
    after_layer: set[fx.Node] = set()
    found = []
    for node in program.graph.nodes:
        if any(source in after_layer or _computes_channels(source) for source in node.all_input_nodes):
            after_layer.add(node)
            if is_layer(node) and _is_rounded(layer_of(node)):
                found.append(node)
    return found


def _computes_channels(node: fx.Node) -> bool:
    """Whether it is a layer of several outputs; one with a single output makes the picture grey, say."""
    layer = layer_of(node) if is_layer(node) else None
    return layer is not None and not (isinstance(layer, Layer) and layer.out_channels == 1)


def _is_rounded(layer: object) -> bool:
    if not isinstance(layer, Layer) or layer.weight.shape[0] == 1 or not (layer.groups == 1 or layer.in_pairs):
        return False
    return layer.kind == "linear" or (layer.kind == "convolution" and layer.spatial == PLANE)


def _side_by_side(
    exact: Program,
    changed: Program,
    inputs: Sequence[tuple[Tensor, ...]],
    visit: Callable[[fx.Node, Images, Images], None],
) -> None:
    """Run both programs, which have the same nodes, node by node; `visit` may change a layer of `changed` before it is
    run, given what it reads in each.
    """
    values: tuple[dict[str, list[Tensor]], dict[str, list[Tensor]]] = ({}, {})
    last = {source.name: node.name for node in changed.graph.nodes for source in node.all_input_nodes}
    originals = {node.name: node for node in exact.graph.nodes}
    runs = [fx.Interpreter(program.graph_module, garbage_collect_values=False) for program in (exact, changed)]
    given = {node.name: place for place, node in enumerate(changed.graph.find_nodes(op="placeholder"))}
    for node in list(changed.graph.nodes):
        if node.op in ("get_attr", "output"):
            continue
        if is_layer(node):
            source = str(arguments(node)["input"].name)
            visit(node, *(side[source] for side in values))
        for side, run, one in zip(values, runs, (originals[node.name], node), strict=True):
            if node.op == "placeholder":
                side[node.name] = [sample[given[node.name]] for sample in inputs]
            else:
                side[node.name] = _compute(run, one, side, len(inputs))
        for source in node.all_input_nodes:
            if last.get(source.name) == node.name:
                for side in values:
                    side.pop(source.name, None)


def _compute(interpreter: fx.Interpreter, node: fx.Node, values: dict[str, list[Tensor]], count: int) -> list[Tensor]:
    constants = {one: interpreter.fetch_attr(str(one.target)) for one in node.all_input_nodes if one.op == "get_attr"}
    results = []
    with torch.no_grad():
        for image in range(count):
            computed = {one: values[one.name][image] for one in node.all_input_nodes if one not in constants}
            interpreter.env = {**constants, **computed}
            results.append(interpreter.run_node(node))
    return results


def _round(layer: Layer, floating: Images, rounding: Images, colours: int | None) -> RoundedLayer:
    weight = layer.weight.double().flatten(1)
    moments, mean = _second_moments(layer, rounding), _mean(layer, rounding)
    rounded = to_least_output_error(weight, moments, colours)
    error = rounded - weight
    cost = torch.einsum("oi,ij,oj->", error, moments, error) / torch.einsum("oi,ij,oj->", weight, moments, weight)
    bias = layer.bias
    if bias is not None:
        bias = bias + (weight @ _mean(layer, floating) - rounded @ mean).to(bias.dtype)
    layer.write(rounded.to(layer.weight.dtype).reshape(layer.weight.shape), bias)
    path = module_path(layer.node) or layer.node.name
    return RoundedLayer(layer.node.name, path, weight.numel(), float(cost))


def _round_pairs(layer: Layer, floating: Images, rounding: Images) -> RoundedLayer:
    """To the nearest: a row has a kernel's few weights, and nothing is gained by compensation between them."""
    weight = layer.weight.double()
    rounded = to_nearest(weight)
    given = [_convolved(layer, weight, image) for image in rounding]
    lost = [_convolved(layer, rounded - weight, image) for image in rounding]
    bias = layer.bias
    if bias is not None:
        exact = torch.cat([_convolved(layer, weight, image) for image in floating])
        shift = exact.mean((0, 2, 3)) - (torch.cat(given) + torch.cat(lost)).mean((0, 2, 3))
        bias = bias + shift.to(bias.dtype)
    layer.write(rounded.to(layer.weight.dtype), bias)
    cost = sum(float(one.square().sum()) for one in lost) / max(sum(float(one.square().sum()) for one in given), 1e-300)
    path = module_path(layer.node) or layer.node.name
    return RoundedLayer(layer.node.name, path, weight.numel(), cost)


def _convolved(layer: Layer, weight: Tensor, image: Tensor) -> Tensor:
    """What the convolution gives with other weights and without its bias, in float64."""
    given = pad(image.double(), _margins(layer))
    return conv2d(given, weight, None, layer.stride, 0, layer.dilation, layer.groups)


def _second_moments(layer: Layer, images: Images) -> Tensor:
    """H = E[x x^T] of the vectors x that each row of the weight is multiplied with, in float64."""
    size, count = layer.weight[0].numel(), 0
    moments = torch.zeros(size, size, dtype=torch.float64)
    for image in images:
        vectors = _vectors(layer, image)
        moments += (vectors.T @ vectors).double()
        count += len(vectors)
    return moments / count


def _mean(layer: Layer, images: Images) -> Tensor:
    """E[x] of the same vectors, in float64."""
    total, count = torch.zeros(layer.weight[0].numel(), dtype=torch.float64), 0
    for image in images:
        vectors = _vectors(layer, image)
        total += vectors.sum(0, dtype=torch.float64)
        count += len(vectors)
    return total / count


def _vectors(layer: Layer, image: Tensor) -> Tensor:
    """(outputs per channel, columns of the weight): the columns of a convolution's kernel are channel by channel."""
    if layer.kind == "linear":
        return image.reshape(-1, image.shape[-1])
    if layer.kernel == (1, 1) and layer.stride == (1, 1) and not layer.pads:
        return image.flatten(2).transpose(1, 2).flatten(0, 1)
    columns = unfold(pad(image, _margins(layer)), layer.kernel, layer.dilation, 0, layer.stride)
    return columns.transpose(1, 2).flatten(0, 1)


def _margins(layer: Layer) -> list[int]:
    """Rows and columns of zeros around the picture, as `pad` takes them: left, right, top, bottom."""
    sides: list[int] = []
    for axis in reversed(range(layer.spatial)):
        total = layer.dilation[axis] * (layer.kernel[axis] - 1)  # of padding "same"
        sides += [total // 2, total - total // 2] if layer.padding is None else [layer.padding[axis]] * 2
    return sides
