"""Recurrent layers over sequences of fixed length, step by step.

    LSTM   i, f, g, o = W x + b + U h + d;    c = sigmoid(f) c + sigmoid(i) tanh(g);  h = sigmoid(o) tanh(c)
    GRU    r, z = sigmoid(W x + b + U h + d);  n = tanh(W x + b + r (U h + d));        h = n + z (h - n)
    RNN    h = tanh(W x + b + U h + d), or relu

W x + b is one product for the whole sequence; an LSTM with a projection P has P h in place of h. (Hochreiter &
Schmidhuber 1997; Cho et al. 2014; Elman 1990; Sak et al. 2014.)
"""

import operator
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import arguments, emit, is_call, replace, shape

aten = torch.ops.aten

LONGEST = 512
"""Steps; each becomes about a dozen operators."""

State = tuple[fx.Node, ...]
Cell = Callable[[fx.Node, fx.Node, fx.Node, State], State]
"""(node, W x + b, U h + d, state) -> the next state, h first."""


def _lstm(node: fx.Node, given: fx.Node, kept: fx.Node, state: State) -> State:
    gates = emit(node, aten.add.Tensor, (given, kept))
    enter, forget, new, leave = _parts(node, gates, 4)
    old = emit(node, aten.mul.Tensor, (_sigmoid(node, forget), state[1]))
    fresh = emit(node, aten.mul.Tensor, (_sigmoid(node, enter), _tanh(node, new)))
    cell = emit(node, aten.add.Tensor, (old, fresh))
    return emit(node, aten.mul.Tensor, (_sigmoid(node, leave), _tanh(node, cell))), cell


def _gru(node: fx.Node, given: fx.Node, kept: fx.Node, state: State) -> State:
    (reset, update, new), (reset_, update_, new_) = _parts(node, given, 3), _parts(node, kept, 3)
    reset = _sigmoid(node, emit(node, aten.add.Tensor, (reset, reset_)))
    update = _sigmoid(node, emit(node, aten.add.Tensor, (update, update_)))
    new = _tanh(node, emit(node, aten.add.Tensor, (new, emit(node, aten.mul.Tensor, (reset, new_)))))
    back = emit(node, aten.mul.Tensor, (update, emit(node, aten.sub.Tensor, (state[0], new))))
    return (emit(node, aten.add.Tensor, (new, back)),)


def _rnn(activation: torch._ops.OpOverload, node: fx.Node, given: fx.Node, kept: fx.Node, _: State) -> State:
    return (emit(node, activation, (emit(node, aten.add.Tensor, (given, kept)),)),)


def _sigmoid(node: fx.Node, x: fx.Node) -> fx.Node:
    return emit(node, aten.sigmoid.default, (x,))


def _tanh(node: fx.Node, x: fx.Node) -> fx.Node:
    return emit(node, aten.tanh.default, (x,))


def _parts(node: fx.Node, x: fx.Node, count: int) -> list[fx.Node]:
    width = shape(x)[1] // count
    return [emit(node, aten.slice.Tensor, (x, 1, part * width, (part + 1) * width)) for part in range(count)]


def _recurrent(cell: Cell, node: fx.Node) -> Write | None:
    bound = arguments(node)
    sequence, first = bound["input"], bound["hx"]
    states = list(first) if isinstance(first, list | tuple) else [first]
    steps = shape(sequence)[1 if bound["batch_first"] else 0] if len(shape(sequence)) == 3 else 0
    directions = 2 if bound["bidirectional"] else 1
    biased = 2 if bound["has_biases"] else 0
    each = len(bound["params"]) // (directions * bound["num_layers"])  # two weights, or three with a projection
    if not 0 < steps <= LONGEST or not all(is_call(user, operator.getitem) for user in node.users):
        return None

    def write() -> fx.Node:
        x = emit(node, aten.permute.default, (sequence, [1, 0, 2])) if bound["batch_first"] else sequence
        ends: list[State] = []
        for layer in range(bound["num_layers"]):
            outputs = []
            for direction in range(directions):
                at = layer * directions + direction
                weights = bound["params"][at * each : (at + 1) * each]
                projection = weights[2 + biased] if each > 2 + biased else None
                weights = weights[: 2 + biased]
                start = tuple(emit(node, aten.select.int, (state, 0, at)) for state in states)
                output, end = _layer(cell, node, x, weights, projection, start, backwards=direction == 1)
                outputs.append(output)
                ends.append(end)
            x = outputs[0] if directions == 1 else emit(node, aten.cat.default, (outputs, 2))
        x = emit(node, aten.permute.default, (x, [1, 0, 2])) if bound["batch_first"] else x
        results = [x, *(_stacked(node, [end[index] for end in ends]) for index in range(len(states)))]
        for user in list(node.users):
            replace(user, results[user.args[1]])  # type: ignore[index]
        return x

    return write


def _single_step(cell: Cell, node: fx.Node) -> Write | None:
    """One step of a cell on a matrix (N, I)."""
    bound = arguments(node)
    hidden = bound["hx"]
    state = tuple(hidden) if isinstance(hidden, list | tuple) else (hidden,)
    if len(shape(bound["input"])) != 2:
        return None

    def write() -> fx.Node:
        given = emit(node, aten.linear.default, (bound["input"], bound["w_ih"], bound["b_ih"]))
        kept = emit(node, aten.linear.default, (state[0], bound["w_hh"], bound["b_hh"]))
        after = cell(node, given, kept, state)
        for user in list(node.users):
            if is_call(user, operator.getitem):
                replace(user, after[user.args[1]])  # type: ignore[index]
        return after[0]

    return write


def _layer(
    cell: Cell,
    node: fx.Node,
    x: fx.Node,
    weights: Sequence[fx.Node],
    projection: fx.Node | None,
    state: State,
    *,
    backwards: bool,
) -> tuple[fx.Node, State]:
    """One direction of one layer: x (T, N, I) -> (T, N, H), and the last state."""
    biases = weights[2:] or (None, None)
    given = emit(node, aten.linear.default, (x, weights[0], biases[0]))
    steps = range(shape(x)[0])
    outputs: dict[int, fx.Node] = {}
    for step in reversed(steps) if backwards else steps:
        kept = emit(node, aten.linear.default, (state[0], weights[1], biases[1]))
        state = cell(node, emit(node, aten.select.int, (given, 0, step)), kept, state)
        if projection is not None:
            state = (emit(node, aten.linear.default, (state[0], projection)), *state[1:])
        outputs[step] = state[0]
    return _stacked(node, [outputs[step] for step in steps]), state


def _stacked(node: fx.Node, parts: Sequence[fx.Node]) -> fx.Node:
    """Insert tensors of one shape one after the other along a new first axis."""
    rows = parts[0] if len(parts) == 1 else emit(node, aten.cat.default, (list(parts), 0))
    return emit(node, aten.reshape.default, (rows, [len(parts), *shape(parts[0])]))


FORMS: dict[object, Form] = {
    aten.lstm_cell.default: partial(_single_step, _lstm),
    aten.gru_cell.default: partial(_single_step, _gru),
    aten.rnn_tanh_cell.default: partial(_single_step, partial(_rnn, aten.tanh.default)),
    aten.rnn_relu_cell.default: partial(_single_step, partial(_rnn, aten.relu.default)),
    aten.lstm.input: partial(_recurrent, _lstm),
    aten.gru.input: partial(_recurrent, _gru),
    aten.rnn_tanh.input: partial(_recurrent, partial(_rnn, aten.tanh.default)),
    aten.rnn_relu.input: partial(_recurrent, partial(_rnn, aten.relu.default)),
}
