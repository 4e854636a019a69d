"""The inputs and the measure with which a transformed program is compared with its original.

Two equal programs differ by rounding. In float64 the outputs of a well-conditioned network and of its transformed
program agree to 1e-15..1e-13, so 1e-12 separates rounding from errors. For an ill-conditioned network that is too
strict: its outputs change by more when its input changes by one unit in the last place. The tolerance therefore is

    max(1e-12, 16 s),  s = relative change of the original's outputs when each pixel x becomes x (1 +- 2**-52)

A network whose tolerance would exceed 1e-9 is refused: in float32, whose rounding is 2**29 times coarser, its outputs
have fewer than two correct digits, with or without transforms.

Natural images have values of order 1 and do not exercise an operation such as relu(x - 50). In float64 the programs are
therefore also compared on white noise of 100 times that amplitude, if the network's outputs are finite for it and
amplify rounding no more than for natural images. An input that is no image, a vector or integers, is the program's own
example each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from efficientmod_mobile.deploy.program import Program, promoted, run, to_dtype
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import first_line

FLOAT64_TOLERANCE = 1e-12
LARGEST_TOLERANCE = 1e-9
_SLACK = 16.0
_NATURAL = 2

Inputs = tuple[Tensor, ...]
"""A program's."""


def natural_images(shape: tuple[int, ...], count: int, seed: int) -> tuple[Tensor, ...]:
    """Draw `count` float64 images (N, C, H, W) with the statistics of normalised photographs.

    The amplitude spectrum falls as 1 / frequency (Field 1987), the channels share most of their content, and each
    image has its own brightness and contrast.
    """
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        common, own = _pink(rng, (shape[0], 1, *shape[2:])), _pink(rng, shape)
        contrast, brightness = rng.uniform(0.6, 1.2), rng.uniform(-0.5, 0.5)
        images.append(torch.from_numpy(contrast * (0.9 * common + 0.4 * own) + brightness))
    return tuple(images)


def _pink(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    height, width = shape[-2:]
    if height * width == 1:
        return rng.standard_normal(shape)  # one pixel has no spatial frequencies
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) / frequency
    image = np.fft.irfft2(spectrum, s=(height, width))
    return np.asarray(image / image.std())


def relative_error(result: Sequence[Tensor], reference: Sequence[Tensor]) -> float:
    """Return max |result - reference| / max |reference|, the largest over the outputs; infinite if not comparable."""
    if len(result) != len(reference):
        return float("inf")
    worst = 0.0
    for got, expected in zip(result, reference, strict=True):
        if got.shape != expected.shape or not bool(torch.isfinite(got).all()):
            return float("inf")
        got, expected = got.double(), expected.double()  # integers and booleans too
        scale = float(expected.abs().max()) if expected.numel() else 0.0
        difference = float((got - expected).abs().max()) if expected.numel() else 0.0
        worst = max(worst, difference / scale if scale else (0.0 if difference == 0.0 else float("inf")))
    return worst


def tolerance(original: Program, images: Sequence[Inputs], reference: Sequence[Sequence[Tensor]]) -> float:
    """Return the relative error allowed to an equal float64 program (the equation in this module's docstring).

    Raises:
        ConversionError: the tolerance would exceed 1e-9.
    """
    sensitivity = _sensitivity(original, images, reference)
    allowed = max(FLOAT64_TOLERANCE, _SLACK * sensitivity)
    if not allowed <= LARGEST_TOLERANCE:
        raise ConversionError(
            f"the network amplifies rounding: a relative change of 2e-16 in its input changes its output by "
            f"{sensitivity:.0e}, which leaves float32 less than two digits; check its weights",
            code="unstable_network",
        )
    return allowed


def _sensitivity(original: Program, images: Sequence[Inputs], reference: Sequence[Sequence[Tensor]]) -> float:
    generator = torch.Generator().manual_seed(0)
    sensitivity = 0.0
    for inputs, expected in zip(images, reference, strict=True):
        moved = [_moved(x, generator) if x.is_floating_point() else x for x in inputs]
        sensitivity = max(sensitivity, relative_error(run(original, *moved), expected))
    return sensitivity


def _moved(x: Tensor, generator: torch.Generator) -> Tensor:
    sign = torch.randint(0, 2, x.shape, generator=generator).double() * 2 - 1
    return x + sign * torch.finfo(torch.float64).eps * x


def _natural_inputs(examples: Inputs) -> tuple[Inputs, ...]:
    """_NATURAL tuples of inputs: natural images where an example is an image (N, C, H, W), else the example."""
    drawn = [
        natural_images(tuple(example.shape), _NATURAL, seed) if _is_image(example) else (promoted(example),) * _NATURAL
        for seed, example in enumerate(examples)
    ]
    return tuple(zip(*drawn, strict=True))


def _large_amplitude_inputs(examples: Inputs) -> Inputs:
    generator = torch.Generator().manual_seed(0)
    return tuple(
        100 * torch.randn(example.shape, dtype=torch.float64, generator=generator)
        if _is_image(example)
        else promoted(example)
        for example in examples
    )


def _is_image(example: Tensor) -> bool:
    return example.ndim == 4 and example.is_floating_point()


@dataclass(frozen=True)
class Original:
    """The float64 outputs of a program for some inputs, and the relative error allowed to an equal program.

    The images among the inputs are natural ones and, if the network allows it, last one of 100 times the amplitude.
    """

    inputs: tuple[Inputs, ...]
    outputs: tuple[tuple[Tensor, ...], ...]
    tolerance: float

    @classmethod
    def of(cls, program: Program) -> Self:
        """Run a float32 program in float64, on images of its examples' shapes.

        Raises:
            ConversionError: it does not run in float64, its output is not finite, or its tolerance would exceed 1e-9.
        """
        images = _natural_inputs(program.examples)
        try:
            promoted = to_dtype(program, torch.float64)
            outputs = tuple(run(promoted, *inputs) for inputs in images)
        except Exception as error:
            raise ConversionError(
                f"the network cannot be computed in float64, which proves what is done to it ({first_line(error)}); "
                "let it compute in the dtype of its input",
                code="not_float64",
            ) from error
        if not all(map(_is_finite, outputs)):
            raise ConversionError(
                "the network returns NaN or infinity for natural images; check its weights", code="nonfinite_output"
            )
        allowed = tolerance(promoted, images, outputs)
        large = _large_amplitude_inputs(program.examples)
        output = run(promoted, *large)
        if _is_finite(output) and _SLACK * _sensitivity(promoted, [large], [output]) <= allowed:
            images, outputs = (*images, large), (*outputs, output)
        return cls(images, outputs, allowed)

    def error(self, program: Program) -> float:
        """The largest `relative_error` of a float32 or float64 program; in float32 for natural images only."""
        dtype = program.dtype
        count = len(self.inputs) if dtype == torch.float64 else _NATURAL  # large values overflow float32 sooner
        pairs = zip(self.inputs[:count], self.outputs[:count], strict=True)
        return max(
            relative_error(run(program, *(promoted(x, dtype) for x in inputs)), output) for inputs, output in pairs
        )


def _is_finite(outputs: Sequence[Tensor]) -> bool:
    return all(bool(torch.isfinite(output).all()) for output in outputs)
