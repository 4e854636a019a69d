"""Rounding of single matrices: the grid, and the error of the products."""

import pytest
import torch
from torch import Tensor

from efficientmod_export.quantisation import row_scales, to_least_output_error, to_nearest


def _layer(rows: int = 24, columns: int = 40) -> tuple[Tensor, Tensor]:
    """A weight with unlike rows, and inputs (vectors, columns) whose columns are correlated and of unlike size."""
    torch.manual_seed(3)
    weight = torch.randn(rows, columns, dtype=torch.float64) * torch.logspace(-2, 1, rows, dtype=torch.float64)[:, None]
    mixing = torch.randn(6, columns, dtype=torch.float64)
    noise = 0.2 * torch.randn(500, columns, dtype=torch.float64)
    return weight, torch.randn(500, 6, dtype=torch.float64) @ mixing + noise


def _moments(inputs: Tensor) -> Tensor:
    return inputs.T @ inputs / len(inputs)


def _on_grid(rounded: Tensor, weight: Tensor) -> Tensor:
    return rounded / row_scales(weight)[:, None]


def test_nearest_is_at_most_half_a_step_off() -> None:
    weight, _ = _layer()
    steps = _on_grid(to_nearest(weight), weight)
    assert (steps - steps.round()).abs().max() < 1e-9
    assert ((to_nearest(weight) - weight).abs() <= 0.5000001 * row_scales(weight)[:, None]).all()


def test_least_output_error_is_on_the_same_grid_whose_step_can_be_read_from_it() -> None:
    weight, inputs = _layer()
    rounded = to_least_output_error(weight, _moments(inputs))
    steps = _on_grid(rounded, weight)
    assert (steps - steps.round()).abs().max() < 1e-9
    assert torch.allclose(row_scales(rounded), row_scales(weight), rtol=1e-12)


def test_least_output_error_halves_the_error_of_the_nearest_on_other_inputs() -> None:
    weight, inputs = _layer()
    rounded = to_least_output_error(weight, _moments(inputs[:250]))
    unseen = inputs[250:].T
    least, nearest = ((one - weight) @ unseen for one in (rounded, to_nearest(weight)))
    assert least.norm() < 0.5 * nearest.norm()


def test_independent_inputs_leave_the_nearest() -> None:
    """Without correlation there is nothing to compensate."""
    weight, _ = _layer()
    assert torch.allclose(to_least_output_error(weight, torch.eye(40, dtype=torch.float64)), to_nearest(weight))


def test_weights_on_the_grid_stay() -> None:
    weight, inputs = _layer()
    rounded = to_nearest(weight)
    assert torch.allclose(to_least_output_error(rounded, _moments(inputs)), rounded, rtol=1e-12, atol=0)


@pytest.mark.parametrize("dead", [slice(0, 1), slice(5, 20)])
def test_inputs_that_are_always_zero_and_rows_of_zeros(dead: slice) -> None:
    weight, inputs = _layer()
    weight[2], inputs[:, dead] = 0.0, 0.0
    rounded = to_least_output_error(weight, _moments(inputs))
    assert rounded.isfinite().all()
    assert not rounded[2].any()


@pytest.mark.parametrize("colours", [16, 64])
def test_a_palette_has_so_many_levels_and_the_grid_of_each_row(colours: int) -> None:
    weight, inputs = _layer(96)
    rounded = to_least_output_error(weight, _moments(inputs), colours)
    steps = _on_grid(rounded, weight)
    assert (steps - steps.round()).abs().max() < 1e-9
    assert len(steps.round().unique()) <= colours
    assert torch.allclose(row_scales(rounded), row_scales(weight), rtol=1e-12)


def test_a_palette_is_nearer_than_evenly_spaced_levels_of_the_same_number() -> None:
    """Most weights are small, where a palette has more levels."""
    torch.manual_seed(3)
    weight = torch.distributions.Laplace(0.0, 1.0).sample((24, 400)).double()
    independent = torch.eye(400, dtype=torch.float64)
    chosen, even = to_least_output_error(weight, independent, 64), to_nearest(weight, 31)
    assert (chosen - weight).norm() < 0.8 * (even - weight).norm()
