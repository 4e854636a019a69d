"""The comparator detects every kind of wrong output; the inputs have the statistics of photographs."""

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture, deploy, to_dtype
from efficientmod_mobile.deploy._proof import (
    FLOAT64_TOLERANCE,
    LARGEST_TOLERANCE,
    Original,
    natural_images,
    relative_error,
    tolerance,
)
from efficientmod_mobile.deploy.program._program import run
from efficientmod_mobile.errors import ConversionError

from ...raising import refused

REFERENCE = (torch.linspace(-3, 5, 24, dtype=torch.float64).reshape(1, 4, 2, 3), torch.ones(1, 5, dtype=torch.float64))


def wrong_second() -> tuple[Tensor, ...]:
    return REFERENCE[0], REFERENCE[1] + torch.eye(5, dtype=torch.float64)[:1] * 1e-9


WRONG = {
    "wrong second output": wrong_second(),
    "missing output": REFERENCE[:1],
    "one output too many": (*REFERENCE, REFERENCE[1]),
    "another shape": (REFERENCE[0].reshape(1, 2, 4, 3), REFERENCE[1]),
    "broadcastable shape": (REFERENCE[0], REFERENCE[1][:, :1]),
    "NaN": (REFERENCE[0] * float("nan"), REFERENCE[1]),
    "infinity": (REFERENCE[0], REFERENCE[1] / 0.0),
    "permuted channels": (REFERENCE[0].flip(1), REFERENCE[1]),
    "scaled by 2": (REFERENCE[0] * 2, REFERENCE[1]),
    "all zeros": (REFERENCE[0] * 0, REFERENCE[1]),
}


@pytest.mark.parametrize("result", WRONG.values(), ids=WRONG)
def test_a_wrong_output_is_detected(result: tuple[Tensor, ...]) -> None:
    assert relative_error(result, REFERENCE) > 1e-10


def test_the_error_is_relative_to_the_largest_value_and_the_worst_over_outputs() -> None:
    assert relative_error(REFERENCE, REFERENCE) == 0.0
    near = (REFERENCE[0] + 5e-6, REFERENCE[1] + 3e-6)
    assert relative_error(near, REFERENCE) == pytest.approx(3e-6)
    zero = (torch.zeros(1, 2, dtype=torch.float64),)
    assert relative_error(zero, zero) == 0.0
    assert relative_error((zero[0] + 1e-300,), zero) == float("inf")


def test_booleans_and_integers_are_compared() -> None:
    mask, count = torch.tensor([True, False]), torch.tensor([3, 4])
    assert relative_error((mask, count), (mask, count)) == 0.0
    assert relative_error((~mask, count), (mask, count)) == 1.0
    assert relative_error((mask, count + 1), (mask, count)) == 0.25


def test_an_image_of_one_pixel_is_finite() -> None:
    first, second = natural_images((1, 3, 1, 1), count=2, seed=0)
    assert first.isfinite().all()
    assert not torch.equal(first, second)


def test_images_are_seeded_and_like_photos() -> None:
    images = natural_images((1, 3, 96, 128), count=3, seed=5)
    again = natural_images((1, 3, 96, 128), count=3, seed=5)
    assert all(torch.equal(a, b) for a, b in zip(images, again, strict=True))
    assert not torch.equal(images[0], images[1])
    for image in images:
        assert image.shape == (1, 3, 96, 128)
        assert image.dtype == torch.float64
        power = torch.fft.rfft(image - image.mean()).abs().square().mean((0, 1, 2))
        assert power[1:5].mean() > 20 * power[40:].mean()  # low frequencies hold most of it, unlike noise
        red, green = image[0, 0].flatten(), image[0, 1].flatten()
        assert torch.corrcoef(torch.stack((red, green)))[0, 1] > 0.5


class Difference(nn.Module):
    """y - sin((1 - epsilon) asin(y)): about epsilon is left of y, with all of y's rounding."""

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(self.norm(self.conv(x)))
        return y - torch.sin(torch.asin(y) * (1 - self.epsilon))


def test_a_well_conditioned_network_has_the_strict_tolerance() -> None:
    program = to_dtype(capture(Difference(0.5).eval(), torch.randn(1, 3, 12, 9)), torch.float64)
    images = [(image,) for image in natural_images((1, 3, 12, 9), count=2, seed=0)]
    assert tolerance(program, images, [run(program, *inputs) for inputs in images]) == FLOAT64_TOLERANCE


class Late(nn.Module):
    """What natural images are too dark for, or, with an exponential, white noise too loud."""

    def __init__(self, threshold: float, *, grows: bool = False) -> None:
        super().__init__()
        self.threshold, self.grows = threshold, grows

    def forward(self, x: Tensor) -> Tensor:
        return torch.exp(10 * x) if self.grows else torch.relu(x - self.threshold)


def test_a_difference_beyond_natural_amplitudes_is_detected() -> None:
    example = torch.randn(1, 3, 12, 9)
    program, other = (capture(Late(threshold).eval(), example) for threshold in (50.0, 60.0))
    original = Original.of(program)
    assert original.error(to_dtype(program, torch.float64)) == 0.0
    assert original.error(to_dtype(other, torch.float64)) > original.tolerance


def test_the_large_amplitude_image_is_left_out_if_the_output_is_not_finite() -> None:
    original = Original.of(capture(Late(0.0, grows=True).eval(), torch.randn(1, 3, 12, 9)))
    assert len(original.inputs) == 2


def test_a_network_that_amplifies_rounding_has_a_larger_tolerance() -> None:
    module = Difference(1e-4).eval()
    certificate = deploy(capture(module, torch.randn(1, 3, 12, 9))).certificate
    assert certificate.float64_error <= certificate.tolerance
    assert FLOAT64_TOLERANCE < certificate.tolerance <= LARGEST_TOLERANCE
    assert certificate.steps[3].applied == 1


def test_a_network_that_amplifies_rounding_too_much_is_refused() -> None:
    module = Difference(1e-13).eval()
    with refused(ConversionError, "unstable_network"):
        deploy(capture(module, torch.randn(1, 3, 12, 9)))
