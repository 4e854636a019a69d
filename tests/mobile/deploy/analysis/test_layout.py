"""A layout equals its chain of reshapes and permutes, and is written in the fewest operators."""

import random

import pytest
import torch
from torch import Tensor, fx, nn

from efficientmod_mobile.deploy import capture
from efficientmod_mobile.deploy.analysis._layout import is_move, layout_of

Moves = list[tuple[str, tuple[int, ...]]]


class Chain(nn.Module):
    def __init__(self, moves: Moves) -> None:
        super().__init__()
        self.moves = moves

    def forward(self, x: Tensor) -> Tensor:
        x = x * 2.0
        for kind, argument in self.moves:
            x = x.permute(argument) if kind == "permute" else x.reshape(argument)
        return x + 1.0


def written_out(moves: Moves, shape: tuple[int, ...]) -> tuple[int, fx.Node, Tensor, Tensor]:
    """The number of moves that the layout needs, its value, and what the layout and the network make of numbers."""
    program = capture(Chain(moves).eval(), torch.zeros(shape))
    last = program.graph.output_node().all_input_nodes[0].all_input_nodes[0]
    layout = layout_of(last)
    numbers = torch.arange(torch.zeros(shape).numel()).reshape(shape)
    expected = numbers
    for kind, argument in moves:
        expected = expected.permute(argument) if kind == "permute" else expected.reshape(argument)
    return len(layout.moves()), layout.value, layout.apply(numbers), expected


CASES: dict[str, tuple[tuple[int, ...], Moves, int]] = {
    "channels last": ((1, 6, 4, 5), [("permute", (0, 2, 3, 1))], 1),
    "there and back": ((1, 6, 4, 5), [("permute", (0, 2, 3, 1)), ("permute", (0, 3, 1, 2))], 0),
    "rows, there and back": (
        (1, 6, 4, 5),
        [("permute", (0, 2, 3, 1)), ("reshape", (1, 20, 6)), ("reshape", (1, 4, 5, 6)), ("permute", (0, 3, 1, 2))],
        0,
    ),
    "rows": ((1, 6, 4, 5), [("permute", (0, 2, 3, 1)), ("reshape", (1, 20, 6))], 2),
    "heads of rows": (
        (1, 6, 4, 5),
        [
            ("permute", (0, 2, 3, 1)),
            ("reshape", (1, 20, 6)),
            ("reshape", (1, 20, 2, 3)),
            ("permute", (0, 2, 1, 3)),
            ("reshape", (2, 20, 3)),
        ],
        2,
    ),
    "keys of rows are a reshape": (
        (1, 6, 4, 5),
        [
            ("permute", (0, 2, 3, 1)),
            ("reshape", (1, 20, 2, 3)),
            ("permute", (0, 2, 3, 1)),
            ("reshape", (2, 3, 20)),
        ],
        1,
    ),
    "five axes": (
        (1, 1, 20, 36),
        [("reshape", (1, 20, 3, 4, 3)), ("permute", (2, 0, 3, 1, 4)), ("reshape", (12, 20, 3))],
        2,
    ),
    "batch": ((3, 6, 4, 5), [("permute", (0, 2, 3, 1)), ("reshape", (60, 6))], 2),
    "axes of size one": ((1, 6, 1, 1), [("permute", (0, 2, 3, 1)), ("reshape", (1, 6))], 1),
    "channel shuffle": (
        (1, 6, 4, 5),
        [("reshape", (1, 2, 3, 20)), ("permute", (0, 2, 1, 3)), ("reshape", (1, 6, 20))],
        3,
    ),
}


@pytest.mark.parametrize(("shape", "moves", "fewest"), CASES.values(), ids=CASES)
def test_a_chain_is_written_in_the_fewest_moves(shape: tuple[int, ...], moves: Moves, fewest: int) -> None:
    count, value, result, expected = written_out(moves, shape)
    assert not is_move(value)
    assert count == fewest
    assert torch.equal(result, expected)


def test_axes_that_are_not_products_of_atoms_start_a_new_layout() -> None:
    moves: Moves = [("permute", (0, 2, 3, 1)), ("reshape", (1, 8, 15))]
    count, value, _, _ = written_out(moves, (1, 6, 4, 5))
    assert is_move(value)  # 8 = 4 * 2 would cut W = 5
    assert tuple(value.meta["val"].shape) == (1, 8, 15)
    assert count == 0


@pytest.mark.parametrize("seed", range(30))
def test_random_chains(seed: int) -> None:
    choose = random.Random(seed)
    shape = tuple(choose.choice((1, 2, 3, 4, 6)) for _ in range(4))
    moves, current = Moves(), list(shape)
    for _ in range(5):
        if choose.random() < 0.5:
            order = choose.sample(range(len(current)), len(current))
            moves.append(("permute", tuple(order)))
            current = [current[axis] for axis in order]
        else:
            current = reshaped(choose, current)
            moves.append(("reshape", tuple(current)))
    count, value, result, expected = written_out(moves, shape)
    assert count <= 3
    if not is_move(value):  # else its axes were no product of whole atoms, and it begins further on
        assert torch.equal(result, expected)


def reshaped(choose: random.Random, size: list[int]) -> list[int]:
    """Merge two neighbouring axes, or cut one in two."""
    size, axis = list(size), choose.randrange(len(size))
    if len(size) > 2 and choose.random() < 0.5:
        axis = choose.randrange(len(size) - 1)
        return [*size[:axis], size[axis] * size[axis + 1], *size[axis + 2 :]]
    outer = choose.choice([factor for factor in range(1, size[axis] + 1) if size[axis] % factor == 0])
    return [*size[:axis], outer, size[axis] // outer, *size[axis + 1 :]]
