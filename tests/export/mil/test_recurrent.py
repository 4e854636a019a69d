"""lstm, gru and rnn against PyTorch's layers; the gru of iOS 15, which PyTorch does not have, against its formula."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from efficientmod_export.mil import MILProgram
from efficientmod_export.mil._registry import find_operator

STEPS, BATCH, INPUTS, HIDDEN = 5, 2, 3, 4
X = np.random.default_rng(6).standard_normal((STEPS, BATCH, INPUTS)).astype(np.float32)
H, C = np.random.default_rng(7).standard_normal((2, BATCH, 2 * HIDDEN)).astype(np.float32)
Layer = nn.LSTM | nn.GRU | nn.RNN


def weights(layer: Layer, order: list[int], suffix: str = "") -> dict[str, NDArray[Any]]:
    """The layer's weights, gate by gate in another order; the two biases added up."""

    def ordered(name: str) -> NDArray[Any]:
        parts = np.split(layer.state_dict()[f"{name}_l0{suffix}"].numpy(), len(order))
        return np.concatenate([parts[at] for at in order])

    added = ordered("bias_ih") + ordered("bias_hh")
    return {"weight_ih": ordered("weight_ih"), "weight_hh": ordered("weight_hh"), "bias": added}


def results(from_mil: Callable[..., Path], kind: str, ios: int, states: dict[str, Any], **how: Any) -> list[Any]:
    def build(mb: Any, variables: dict[str, Any]) -> list[Any]:
        made = getattr(mb, kind)(x=variables["x"], **states, **how)
        return [mb.identity(x=variable, name=f"out{i}") for i, variable in enumerate(made)]

    outputs = MILProgram.load(from_mil(build, {"x": X}, ios=ios)).predict({"x": X})
    return [outputs[f"out{i}"] for i in range(len(outputs))]


def close(result: Any, expected: torch.Tensor) -> None:
    np.testing.assert_allclose(result, expected.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("sequence", [True, False])
def test_lstm_of_one_direction(direction: str, sequence: bool, from_mil: Callable[..., Path]) -> None:
    torch.manual_seed(0)
    layer, h, c = nn.LSTM(INPUTS, HIDDEN), H[:, :HIDDEN], C[:, :HIDDEN]
    read = torch.from_numpy(X if direction == "forward" else X[::-1].copy())
    states, (last, memory) = layer(read, (torch.from_numpy(h[None].copy()), torch.from_numpy(c[None].copy())))
    made = results(
        from_mil, "lstm", 15, {"initial_h": h, "initial_c": c},
        **weights(layer, [0, 1, 3, 2]), direction=direction, output_sequence=sequence,
    )  # fmt: skip
    for result, expected in zip(made, (states if sequence else states[-1:], last[0], memory[0]), strict=True):
        close(result, expected)


def test_lstm_of_both_directions(from_mil: Callable[..., Path]) -> None:
    torch.manual_seed(1)
    layer = nn.LSTM(INPUTS, HIDDEN, bidirectional=True)

    def halves(state: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(np.stack(np.split(state, 2, -1)))

    states, (last, memory) = layer(torch.from_numpy(X), (halves(H), halves(C)))
    backward = {f"{name}_back": value for name, value in weights(layer, [0, 1, 3, 2], "_reverse").items()}
    made = results(
        from_mil, "lstm", 15, {"initial_h": H, "initial_c": C},
        **weights(layer, [0, 1, 3, 2]), **backward, direction="bidirectional", output_sequence=True,
    )  # fmt: skip
    close(made[0], states)
    close(made[1], torch.cat([last[0], last[1]], -1))
    close(made[2], torch.cat([memory[0], memory[1]], -1))


def test_lstm_with_peepholes_and_a_clip() -> None:
    found = find_operator("lstm", 15)
    assert found is not None
    gates, peephole = torch.tensor([[0.5], [0.3], [0.2], [0.9]]), torch.tensor([0.1, -0.2, 0.4])
    states, last, memory = found.kernel(
        x=torch.ones(1, 1, 1), initial_h=torch.zeros(1, 1), initial_c=torch.full((1, 1), 3.0), weight_ih=gates,
        weight_hh=torch.zeros(4, 1), peephole=peephole, clip=1.5, recurrent_activation="hard_sigmoid",
        cell_activation="linear", activation="relu",
    )  # fmt: skip
    kept, added = 0.2 * (0.3 - 0.2 * 3) + 0.5, 0.2 * (0.5 + 0.1 * 3) + 0.5
    expected = min(1.5, kept * 3 + added * 0.9)
    assert memory.item() == pytest.approx(expected)
    assert last.item() == pytest.approx((0.2 * (0.2 + 0.4 * expected) + 0.5) * expected)
    assert states.shape == (1, 1, 1)
    with pytest.raises(ValueError, match="there is no activation 'cubic'"):
        found.kernel(torch.ones(1, 1, 1), last, memory, gates, torch.zeros(4, 1), activation="cubic")


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_rnn(direction: str, from_mil: Callable[..., Path]) -> None:
    torch.manual_seed(2)
    layer, h = nn.RNN(INPUTS, HIDDEN, nonlinearity="relu"), H[:, :HIDDEN]
    read = torch.from_numpy(X if direction == "forward" else X[::-1].copy())
    states, last = layer(read, torch.from_numpy(h[None].copy()))
    how = {"direction": direction, "output_sequence": True, "activation": "relu"}
    made = results(from_mil, "rnn", 15, {"initial_h": h}, **weights(layer, [0]), **how)
    close(made[0], states)
    close(made[1], last[0])


def test_gru_that_resets_before_the_product(from_mil: Callable[..., Path]) -> None:
    torch.manual_seed(3)
    held, h = weights(nn.GRU(INPUTS, HIDDEN), [0, 2, 1]), H[:, :HIDDEN]
    made = results(from_mil, "gru", 15, {"initial_h": h}, **held, output_sequence=True)
    (in_r, in_o, in_z), (re_r, re_o, re_z), (b_r, b_o, b_z) = (np.split(value, 3) for value in held.values())
    expected = []
    for x in X:
        r, z = (1 / (1 + np.exp(-(x @ w.T + h @ u.T + b))) for w, u, b in ((in_r, re_r, b_r), (in_z, re_z, b_z)))
        h = (1 - z) * np.tanh(x @ in_o.T + (r * h) @ re_o.T + b_o) + z * h
        expected.append(h)
    close(made[0], torch.from_numpy(np.stack(expected)))
    close(made[1], torch.from_numpy(h))


def test_gru_that_resets_after_the_product() -> None:
    found, before = find_operator("gru", 18), find_operator("gru", 17)
    assert found is not None
    assert before is not None
    assert "reset_after" not in before.parameters
    torch.manual_seed(4)
    layer, h = nn.GRU(INPUTS, HIDDEN), torch.from_numpy(H[:, :HIDDEN].copy())
    states, _ = layer(torch.from_numpy(X), h[None])
    held = {name: torch.from_numpy(value) for name, value in weights(layer, [0, 2, 1]).items()}
    r, z, n = layer.bias_ih_l0.chunk(3)
    input_bias = torch.cat([r, n, z])
    result, _ = found.kernel(
        torch.from_numpy(X), h, held["weight_ih"], held["weight_hh"], held["bias"] - input_bias,
        output_sequence=True, reset_after=True, input_bias=input_bias,
    )  # fmt: skip
    torch.testing.assert_close(result, states, atol=1e-5, rtol=0)
