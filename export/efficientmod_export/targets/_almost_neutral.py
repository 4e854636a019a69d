"""Constants that onnxscript takes for 0 or 1, since it compares with tolerances, and would leave out with the operator.

    x + c, x - c        |c| <= 1e-8         as in log(x + 1e-10)
    x * c, x / c        |c - 1| <= 1e-5

It does so for numbers only, so that such a number is given as a tensor with one element, of as many axes as x.
"""

from math import isclose

import torch
from torch import fx

from efficientmod_export.targets._program import copy
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import add_parameter, emit, node_dtype, replace, shape, tensor_of

aten = torch.ops.aten

_NEUTRAL: dict[object, float] = {aten.add.Tensor: 0.0, aten.sub.Tensor: 0.0, aten.mul.Tensor: 1.0, aten.div.Tensor: 1.0}


def without_almost_neutral(program: Program) -> Program:
    """The program with such numbers as tensors; the same program where it has none."""
    if not any(map(_places, program.graph.nodes)):
        return program
    changed = copy(program)
    for node in list(changed.graph.nodes):
        for place in _places(node):
            value = torch.tensor(_number(node.args[place]), dtype=node_dtype(node))
            held = value.reshape([1] * max(len(shape(node)), 1))
            node.update_arg(place, add_parameter(node, f"{node.name}_number", held))
            if not shape(node):
                replace(node, emit(node, aten.reshape.default, (emit(node, node.target, node.args), [])))
    changed.graph_module.recompile()
    return changed


def _places(node: fx.Node) -> list[int]:
    """Which operands of an operation are almost, but not quite, the number that changes nothing."""
    if node.target not in _NEUTRAL or not node.meta["val"].is_floating_point():
        return []
    neutral = _NEUTRAL[node.target]
    numbers = [(place, _number(operand)) for place, operand in enumerate(node.args[:2])]
    return [
        place
        for place, number in numbers
        if number is not None and number != neutral and isclose(number, neutral, rel_tol=1e-5, abs_tol=1e-8)
    ]


def _number(operand: object) -> float | None:
    """The number that an operand is, also as a constant without axes."""
    held = tensor_of(operand) if isinstance(operand, fx.Node) else None
    if held is not None and held.ndim == 0:
        return float(held)
    return float(operand) if isinstance(operand, int | float) else None
