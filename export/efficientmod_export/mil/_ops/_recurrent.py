"""Recurrent layers over a sequence (S, N, C). Formulas: MIL operator reference, "recurrent".

In direction "reverse" the sequence is read from its end, and the outputs are in the order of reading. In direction
"bidirectional" they are in the order of the sequence, the two halves along the last axis.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from efficientmod_export.mil._registry import operator

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "hard_sigmoid": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "linear": lambda x: x,
    "relu": torch.relu,
    "scaled_tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sigmoid_hard": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "tanh": torch.tanh,
}
# From the hidden state and one element of the sequence to the next hidden state.
_Cell = Callable[[Tensor, Tensor], Tensor]


def _activation(name: str) -> Callable[[Tensor], Tensor]:
    if name not in _ACTIVATIONS:
        raise ValueError(f"there is no activation '{name}'")
    return _ACTIVATIONS[name]


def _ordered(x: Tensor, direction: str) -> Tensor:
    if direction not in {"forward", "reverse"}:
        raise ValueError(f"there is no direction '{direction}'")
    return x if direction == "forward" else x.flip(0)


def _run(cell: _Cell, x: Tensor, hidden: Tensor) -> Tensor:
    """(S, N, H) hidden states, in the order of reading."""
    states = []
    for element in x:
        hidden = cell(hidden, element)
        states.append(hidden)
    return torch.stack(states)


def _bias_or_zeros(bias: Tensor | None, weight: Tensor) -> Tensor:
    return torch.zeros(weight.shape[0]) if bias is None else bias


@operator("rnn")
def rnn(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: str = "forward",
    output_sequence: bool = False,
    activation: str = "tanh",
) -> tuple[Tensor, Tensor]:
    """`h = activation(W x + R h + b)`: all hidden states, or the last one, (S or 1, N, H), and the last one (N, H)."""
    act, added = _activation(activation), _bias_or_zeros(bias, weight_ih)
    states = _run(
        lambda h, element: act(element @ weight_ih.T + h @ weight_hh.T + added), _ordered(x, direction), initial_h
    )
    return states if output_sequence else states[-1:], states[-1]


@operator("gru")
def gru(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: str = "forward",
    output_sequence: bool = False,
    recurrent_activation: str = "sigmoid",
    activation: str = "tanh",
) -> tuple[Tensor, Tensor]:
    """`h = (1 - z) * o + z * h` with weights in the order r, o, z (Cho et al. 2014).

    The reset gate multiplies the state before the product, `o = activation(W_o x + R_o (r * h) + b_o)`, as in
    coremltools' tests, which ran on Core ML, and in NeuralNetwork.proto. MIL's reference has `r * R_o h`.
    """
    return gru_reset_after(
        x, initial_h, weight_ih, weight_hh, bias, direction, output_sequence, recurrent_activation, activation
    )


@operator("gru", since=18)
def gru_reset_after(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: str = "forward",
    output_sequence: bool = False,
    recurrent_activation: str = "sigmoid",
    activation: str = "tanh",
    reset_after: bool = False,
    input_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """As in iOS 15, or with `o = activation(W_o x + input_bias_o + r * (R_o h + b_o))`, as in PyTorch."""
    gate, act = _activation(recurrent_activation), _activation(activation)
    recur_r, recur_o, recur_z = weight_hh.chunk(3)
    bias_r, bias_o, bias_z = _bias_or_zeros(bias, weight_ih).chunk(3)

    def cell(h: Tensor, element: Tensor) -> Tensor:
        from_r, from_o, from_z = (element @ weight_ih.T + _bias_or_zeros(input_bias, weight_ih)).chunk(3, -1)
        reset, update = gate(from_r + h @ recur_r.T + bias_r), gate(from_z + h @ recur_z.T + bias_z)
        recurrent = reset * (h @ recur_o.T + bias_o) if reset_after else (reset * h) @ recur_o.T + bias_o
        return (1 - update) * act(from_o + recurrent) + update * h

    states = _run(cell, _ordered(x, direction), initial_h)
    return states if output_sequence else states[-1:], states[-1]


def _lstm_states(
    x: Tensor,
    states: tuple[Tensor, Tensor],
    weights: tuple[Tensor, Tensor, Tensor | None, Tensor | None],
    activations: tuple[str, str, str],
    clip: float | None,
) -> tuple[Tensor, Tensor]:
    """All hidden states (S, N, H) in the order of reading, and the last cell state (N, H)."""
    (hidden, memory), (weight_ih, weight_hh, bias, peephole) = states, weights
    gate, cell_act, act = (_activation(name) for name in activations)
    size = weight_hh.shape[1]
    peep_i, peep_f, peep_o = (torch.zeros(3 * size) if peephole is None else peephole).chunk(3)
    outputs = []
    for element in x:
        raw = element @ weight_ih.T + hidden @ weight_hh.T + _bias_or_zeros(bias, weight_ih)
        raw_i, raw_f, raw_o, raw_z = raw.chunk(4, -1)
        kept, added = gate(raw_f + memory * peep_f), gate(raw_i + memory * peep_i)
        memory = kept * memory + added * cell_act(raw_z)
        if clip is not None:
            memory = memory.clamp(-clip, clip)
        hidden = gate(raw_o + memory * peep_o) * act(memory)
        outputs.append(hidden)
    return torch.stack(outputs), memory


@operator("lstm")
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    peephole: Tensor | None = None,
    weight_ih_back: Tensor | None = None,
    weight_hh_back: Tensor | None = None,
    bias_back: Tensor | None = None,
    peephole_back: Tensor | None = None,
    direction: str = "forward",
    output_sequence: bool = False,
    recurrent_activation: str = "sigmoid",
    cell_activation: str = "tanh",
    activation: str = "tanh",
    clip: float | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """`c = f * c + i * z; h = o * activation(c)` with weights in the order i, f, o, z (Hochreiter & Schmidhuber 1997).

    Returns the hidden states (S or 1, N, directions * H), the last ones and the last cell states (N, directions * H).
    """
    activations = (recurrent_activation, cell_activation, activation)
    forward = (weight_ih, weight_hh, bias, peephole)
    if direction != "bidirectional":
        states, memory = _lstm_states(_ordered(x, direction), (initial_h, initial_c), forward, activations, clip)
        return states if output_sequence else states[-1:], states[-1], memory
    if weight_ih_back is None or weight_hh_back is None:
        raise ValueError("a bidirectional lstm needs weight_ih_back and weight_hh_back")
    first, second = zip(initial_h.chunk(2, -1), initial_c.chunk(2, -1), strict=True)
    backward = (weight_ih_back, weight_hh_back, bias_back, peephole_back)
    ahead, ahead_memory = _lstm_states(x, first, forward, activations, clip)
    back, back_memory = _lstm_states(x.flip(0), second, backward, activations, clip)
    last = torch.cat([ahead[-1], back[-1]], -1)
    states = torch.cat([ahead, back.flip(0)], -1) if output_sequence else last.unsqueeze(0)
    return states, last, torch.cat([ahead_memory, back_memory], -1)
