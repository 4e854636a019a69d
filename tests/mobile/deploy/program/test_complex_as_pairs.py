"""Networks with complex numbers inside, whose programs have real ones alone, against PyTorch's own transforms."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import capture, run, to_dtype
from efficientmod_mobile.errors import ConversionError

from ....raising import refused

SHAPE = (1, 3, 10, 13)
TOLERANCE = 2e-6
"""The matrices of a float32 program are rounded to float32."""


class Calls(nn.Module):
    """A forward that is a function of the image and of a complex weight."""

    def __init__(self, function: Callable[[Tensor, Tensor], object]) -> None:
        super().__init__()
        self.function = function
        generator = torch.Generator().manual_seed(0)
        self.filter = nn.Parameter(torch.randn(10, 7, 2, generator=generator))

    def forward(self, x: Tensor) -> object:
        return self.function(x, torch.view_as_complex(self.filter))


def _block(x: Tensor, _: Tensor) -> Tensor:
    """As fast Fourier convolutions have it."""
    z = torch.view_as_real(torch.fft.rfft2(x, norm="ortho")).permute(0, 1, 4, 2, 3).contiguous()
    n, c, _, h, w = z.shape
    z = z.view(n, 2 * c, h, w).relu().view(n, c, 2, h, w).permute(0, 1, 3, 4, 2).contiguous()
    return torch.fft.irfft2(torch.view_as_complex(z), s=x.shape[-2:], norm="ortho")


def _low_modes(x: Tensor, w: Tensor) -> Tensor:
    """As Fourier neural operators have it."""
    z = torch.fft.rfft2(x)
    out = torch.zeros(1, 3, 10, 7, dtype=torch.cfloat)
    out[:, :, :4, :3] = torch.einsum(
        "bixy,ioxy->boxy", z[:, :, :4, :3], w[:9, 0].reshape(3, 3, 1, 1).expand(3, 3, 4, 3)
    )
    return torch.fft.irfft2(out, s=(10, 13))


FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "a Fourier convolution": _block,
    "a global filter": lambda x, w: torch.fft.irfft2(torch.fft.rfft2(x) * w, s=(10, 13)),
    "a Fourier neural operator": _low_modes,
    "the spectrum's size": lambda x, _: torch.fft.fft2(x).abs(),
    "its phase where it is real": lambda x, _: torch.fft.rfft2(x[..., :12]).angle()[..., ::5, ::6],
    "its phase": lambda x, _: torch.fft.rfft(x + 3, dim=2).angle().cos(),
    "there and back": lambda x, _: torch.fft.ifft(torch.fft.fft(x, dim=1, norm="forward"), dim=2).real,
    "cut and padded": lambda x, _: torch.fft.irfft(torch.fft.rfft(x, n=16), n=9),
    "shifted": lambda x, _: torch.fft.fftshift(torch.fft.fft2(x)).imag,
    "mean over tokens (FNet)": lambda x, _: torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real,
    "products": lambda x, w: ((torch.fft.rfft2(x) * w).conj() / (w * w.conj() + 0.5)).real,
    "polar": lambda x, _: (torch.polar(x.abs(), x) * torch.complex(x, -x)).imag,
    "matrices": lambda x, w: (torch.fft.rfft2(x).transpose(2, 3) @ w).abs(),
    "attention": lambda x, _: (lambda z: (z @ z.mH).abs().softmax(-1) @ z.real)(torch.complex(x[0], x[0].flip(2))),
    "exponential and logarithm": lambda x, w: (torch.exp(1j * x) + torch.log(w[:, :1] * (x + 5))).abs(),
    "directions": lambda x, _: (z := torch.fft.rfft2(x)).imag + z.sgn().real + torch.linalg.vector_norm(z),
    "powers and reciprocals": lambda x, w: (torch.complex(x, x)[..., :7] ** 3 + 1 / (w + 3)).real,
    "parts": lambda x, w: (
        sum(part.abs() for part in (x[..., :7] * w).split(5, 2)) + torch.view_as_real(w.T)[..., 0].sum()
    ),
    "chosen": lambda x, w: torch.where(x[..., :7] > 0, x[..., :7] * w, 0.5 + 0j).masked_fill(x[..., :7] > 1, 2).abs(),
    "short-time spectrum": lambda x, _: torch.stft(
        x.flatten(1)[:, :200], 32, 8, win_length=20, window=torch.hann_window(20, dtype=x.dtype), return_complex=True
    ).abs(),
    "a complex layer": lambda x, w: F.linear(torch.fft.rfft2(x), w, w[:, 0]).abs(),
    "a complex convolution": lambda x, w: F.conv2d(
        torch.complex(x, x * x), w[:6, :6].reshape(2, 3, 3, 2), w[:2, 6], padding=1
    ).abs(),
    "a basis": lambda x, _: (
        x.to(torch.complex64) @ torch.exp(torch.arange(13)[:, None] * torch.arange(5) * -0.3j)
    ).abs(),
    "no number": lambda x, _: torch.fft.fft2(x * 0).abs() + torch.fft.fft2(x * 1e25).abs() * 1e-25,
    "divided by a number": lambda x, w: (torch.fft.rfft2(x) / (2 - 1j) / 3 + torch.polar(x, x)[..., :7] / w).abs(),
    "sums": lambda x, w: (torch.fft.rfft2(x) + w - x[..., :7] + 2.0).abs().sum(-1),
}


@pytest.mark.parametrize("function", list(FUNCTIONS.values()), ids=list(FUNCTIONS))
def test_the_program_has_no_complex_numbers(function: Callable[[Tensor, Tensor], Tensor]) -> None:
    module = Calls(function).eval()
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = module(x).double()
    program = capture(module, x)
    assert not any(
        node.meta["val"].is_complex() for node in program.graph.nodes if hasattr(node.meta.get("val"), "is_complex")
    )
    for result in (run(program, x)[0].double(), run(to_dtype(program, torch.float64), x.double())[0]):
        assert result.shape == expected.shape
        assert float((result - expected).abs().max()) <= TOLERANCE * float(expected.abs().max())


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda x, _: torch.fft.fft2(x), "torch.view_as_real"),
        (lambda x, _: torch.fft.fft2(x).sqrt().real, "aten.sqrt.default"),
    ],
)
def test_what_is_not_known_is_refused(function: Callable[[Tensor, Tensor], Tensor], named: str) -> None:
    with refused(ConversionError, "complex_numbers", named):
        capture(Calls(function).eval(), torch.randn(SHAPE))
