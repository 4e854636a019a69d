"""The kinds of networks, each in every target: right values, or the sentence that says why not.

The forms that make them so are proven one by one in float64 in tests/mobile/deploy/forms/portable; this is the table of
what the runtimes make of them.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from .attempts import TARGETS, Try
from .fifteen import Net, stem

LIMIT = 2e-5

Function = Callable[[Any, Tensor], object]


class Kind(NamedTuple):
    """What follows a first layer (8 channels, 25 x 33), and the modules that it uses."""

    function: Function
    modules: Mapping[str, Callable[[], nn.Module]] = {}


def resized(**options: Any) -> Kind:
    return Kind(lambda _, x: F.interpolate(x, **options))


def written(write: Callable[[Tensor], object]) -> Kind:
    def function(_: Any, x: Tensor) -> Tensor:
        y = x.clone()
        write(y)
        return y

    return Kind(function)


def sampled(**options: Any) -> Kind:
    def function(n: Any, x: Tensor) -> Tensor:
        return F.grid_sample(x, n.where(x).permute(0, 2, 3, 1).tanh() * 1.3, **options)

    return Kind(function, {"where": lambda: nn.Conv2d(8, 2, 3, padding=1)})


def sequence(layer: Callable[[], nn.Module]) -> Kind:
    return Kind(lambda n, x: n.layer(x[..., :9].mean(2).permute(2, 0, 1))[0], {"layer": layer})


def affine(norm: nn.Module) -> nn.Module:
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    return norm


def _unpooled(_: Any, x: Tensor) -> Tensor:
    y, places = F.max_pool2d(x[..., :24, :32], 2, return_indices=True)
    return F.max_unpool2d(y, places, 2)


def _shifted(x: Tensor) -> None:
    """As temporal shifts do it."""
    y = torch.zeros_like(x)
    y[:, :2, :, 1:] = x[:, :2, :, :-1]
    y[:, 2:] = x[:, 2:]
    x.copy_(y)


def _filtered(n: Any, x: Tensor) -> Tensor:
    z = torch.fft.rfft2(x, norm="ortho") * torch.view_as_complex(n.filter.weight)
    return torch.fft.irfft2(z, s=(25, 33), norm="ortho")


class Filter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(25, 17, 2))


class Grid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, 3, 5, 6, 3))


class Points(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, 5, 8))


KINDS: dict[str, Kind] = {
    "bilinear by 0.5": resized(scale_factor=0.5, mode="bilinear"),
    "bilinear by 1.7": resized(scale_factor=1.7, mode="bilinear"),
    "bilinear to one row": resized(size=(1, 7), mode="bilinear", align_corners=True),
    "bilinear, antialiased": resized(size=(11, 14), mode="bilinear", antialias=True),
    "bicubic": resized(size=(20, 47), mode="bicubic"),
    "bicubic, corners aligned": resized(size=(20, 47), mode="bicubic", align_corners=True),
    "bicubic, antialiased": resized(size=(11, 14), mode="bicubic", antialias=True),
    "nearest-exact": resized(size=(20, 47), mode="nearest-exact"),
    "nearest by 1.7": resized(scale_factor=1.7, mode="nearest"),
    "area": resized(size=(7, 10), mode="area"),
    "mean, rounded up, padded": Kind(lambda _, x: F.avg_pool2d(x[..., :32], 3, 2, 1, ceil_mode=True)),
    "mean with a divisor": Kind(lambda _, x: F.avg_pool2d(x, 3, 2, 1, divisor_override=5)),
    "dilated maximum": Kind(lambda _, x: F.max_pool2d(x, 3, 2, 1, dilation=2, ceil_mode=True)),
    "adaptive mean": Kind(lambda _, x: F.adaptive_avg_pool2d(x, (7, 5))),
    "adaptive maximum": Kind(lambda _, x: F.adaptive_max_pool2d(x, (7, 5))),
    "unpooling": Kind(_unpooled),
    "local response norm": Kind(lambda _, x: F.local_response_norm(x, 5)),
    "write of rows with a step": written(lambda y: y[:, :, ::2].zero_()),
    "write of listed channels": written(lambda y: y.__setitem__((slice(None), [0, 3, 5]), y[:, [1, 2, 4]])),
    "write of a pixel": written(lambda y: y[:, :, 3, 4].fill_(1.5)),
    "write by a mask": written(lambda y: y.__setitem__(y > 0.3, 0.1)),
    "write of listed places": written(lambda y: y.__setitem__((..., [0, 5, 9], [1, 2, 3]), 7.0)),
    "shift": written(_shifted),
    "weight of a convolution and a transposed one": Kind(
        lambda n, x: F.conv_transpose2d(x, n.layer.weight, None, 1, 1) + n.layer(x),
        {"layer": lambda: nn.Conv2d(8, 8, 3, 1, 1)},
    ),
    "weight of a convolution and a linear layer": Kind(
        lambda n, x: n.layer(F.conv2d(x, n.layer.weight[:, :, None, None]).permute(0, 2, 3, 1)),
        {"layer": lambda: nn.Linear(8, 8, bias=False)},
    ),
    "instance norm with statistics": Kind(
        lambda n, x: n.norm(x), {"norm": lambda: affine(nn.InstanceNorm2d(8, affine=True, track_running_stats=True))}
    ),
    "batch norm without statistics": Kind(
        lambda n, x: n.norm(x), {"norm": lambda: affine(nn.BatchNorm2d(8, track_running_stats=False))}
    ),
    "PReLU of lines": Kind(lambda n, x: n.act(x.flatten(2)), {"act": lambda: nn.PReLU(8)}),
    "CELU of lines": Kind(lambda _, x: F.celu(x.flatten(2), 0.7)),
    "shrinking": Kind(lambda _, x: F.softshrink(x) + F.hardshrink(x) + F.threshold(x, 0.1, 0.3) + F.logsigmoid(x)),
    "reciprocal": Kind(lambda _, x: torch.reciprocal(x.abs() + 0.01) + torch.rsqrt(x.abs() + 1)),
    "channel shuffle": Kind(lambda _, x: F.channel_shuffle(x, 4)),
    "grid, zeros": sampled(align_corners=False),
    "grid, border": sampled(padding_mode="border", align_corners=True),
    "grid, reflection": sampled(padding_mode="reflection", align_corners=False),
    "grid, nearest": sampled(mode="nearest", align_corners=False),
    "grid, bicubic": sampled(mode="bicubic", padding_mode="reflection", align_corners=False),
    "grid of a volume": Kind(
        lambda _, x: F.grid_sample(
            x.view(1, 2, 4, 25, 33),
            torch.cat([x[:, :2].tanh(), x[:, 2:3].tanh() * 1.2], 1).permute(0, 2, 3, 1)[:, None],
            align_corners=True,
            padding_mode="border",
        )[:, :, 0]
    ),
    "unfold": Kind(lambda _, x: F.unfold(x, 3, padding=1).view(1, 8, 9, 25, 33).mean(2)),
    "fold, overlapping": Kind(lambda _, x: F.fold(F.unfold(x, 3, padding=1).sigmoid(), (25, 33), 3, padding=1)),
    "cdist": Kind(lambda n, x: torch.cdist(x.flatten(2).mT[:, :20], n.points.weight), {"points": Points}),
    "remainders": Kind(lambda _, x: torch.remainder(x, 0.7) + torch.fmod(x, 0.6)),
    "signs": Kind(lambda _, x: torch.sign(x) * x),
    "conditions": Kind(
        lambda _, x: torch.where((x > 0.1) & (x < 0.5), x, -x) + torch.where((x > 0) | ~(x < 0.3), x, 0.0)
    ),
    "one-hot of the best": Kind(lambda _, x: x * F.one_hot(x.argmax(1), 8).permute(0, 3, 1, 2).float()),
    "best three": Kind(lambda _, x: torch.topk(x.mean((2, 3)), 3)),
    "sorted": Kind(lambda _, x: x.mean((2, 3)).sort(1, descending=True)[0]),
    "computed kernel": Kind(
        lambda n, x: F.conv2d(x, n.layer(x.mean((2, 3))).view(8, 1, 3, 3), padding=1, groups=8),
        {"layer": lambda: nn.Linear(8, 72)},
    ),
    "LSTM": sequence(lambda: nn.LSTM(8, 6, bidirectional=True)),
    "GRU": sequence(lambda: nn.GRU(8, 6)),
    "global Fourier filter": Kind(_filtered, {"filter": Filter}),
    "integers": Kind(lambda _, x: x.argmax(1).int()),
    "truth values": Kind(lambda _, x: x > 0.2),
    "small integers and doubles": Kind(
        lambda _, x: ((x > 0.2).byte(), x.argmax(1).to(torch.uint8), (x * 50).to(torch.int8), x.mean(1).double())
    ),
    "a scalar": Kind(lambda _, x: x.mean()),
    "a constant": Kind(lambda _, x: (x, torch.arange(5.0))),
    "None": Kind(lambda _, x: (x, None)),
    "convolution of a volume": Kind(
        lambda n, x: n.layer(x[:, None])[:, 0], {"layer": lambda: nn.Conv3d(1, 1, 3, padding=1)}
    ),
    "transposed convolution of a volume": Kind(
        lambda n, x: n.layer(x.view(1, 2, 4, 25, 33)), {"layer": lambda: nn.ConvTranspose3d(2, 3, 2, 2)}
    ),
    "maximum of a volume": Kind(lambda _, x: F.max_pool3d(x[:, None], 3, 2, 1)[:, 0]),
    "circular padding": Kind(lambda _, x: F.pad(x, (3, 1, 2, 4), mode="circular")),
    "negative padding": Kind(lambda _, x: F.pad(x, (-2, 3, -1, -4))),
    "fftshift": Kind(lambda _, x: torch.fft.fftshift(x, dim=(2, 3))),
    "softplus with a low threshold": Kind(lambda _, x: F.softplus(x, 2.0, 1.0)),
    "error function": Kind(lambda _, x: torch.erf(x) + torch.special.erfc(x * 0.5)),
    "angles": Kind(lambda _, x: torch.atan(x) + torch.asin(x.tanh() * 0.9) + torch.sinh(x) + torch.asinh(x)),
    "phase of a spectrum": Kind(lambda _, x: (lambda z: z.angle() * (z.abs() > 3))(torch.fft.rfft2(x)[..., 1:9])),
    "angles on the axes": Kind(
        lambda _, x: (
            torch.atan2(F.relu(x - 0.5), F.relu(x.flip(1)))
            + torch.atan2(F.relu(x - 0.3), -F.relu(x.flip(1)) - 0.1)
            + torch.angle(x - 0.2)
        )
    ),
    "attention of complex numbers": Kind(
        lambda _, x: (lambda z: (z @ z.mH).abs().softmax(-1) @ z.real)(torch.complex(x[:, :4], x[:, 4:]).flatten(2))
    ),
    "einsum of any axes": Kind(
        lambda n, x: torch.einsum("...bi,bio->...bo", x.permute(0, 2, 3, 1).unflatten(3, (2, 4)), n.w.weight),
        {"w": lambda: nn.Bilinear(4, 3, 2)},
    ),
    "written among known numbers": Kind(
        lambda _, x: (lambda m: m @ m.new_ones(1, 6, 2))(
            F.pad(torch.stack([x.mean((1, 2, 3)), x.amax((1, 2, 3))], 1)[..., None], (0, 5, 0, 1))[:, 1:]
        )
    ),
    "means and maxima of scattered elements": Kind(
        lambda _, x: tuple(
            x.flatten(2).scatter_reduce(
                1, (x.flatten(2)[:, :5].abs() * 4).long().clamp(max=7), x.flatten(2)[:, 1:], kind
            )
            for kind in ("mean", "amax")
        )
    ),
    "places with one bound": Kind(
        lambda _, x: x.flatten(2).gather(2, (x.flatten(2)[..., :9] * 900).long().clamp(min=0).clamp(max=824))
    ),
    "elements at computed places": Kind(lambda _, x: x.flatten(2).gather(2, x.flatten(2).argmax(-1, keepdim=True))),
    "sum at listed places": Kind(
        lambda _, x: x.new_zeros(1, 3, 25, 33).scatter_add(
            1, torch.tensor([0, 2, 1, 0, 0, 1, 2, 2]).view(1, 8, 1, 1).expand(1, 8, 25, 33), x
        )
    ),
    "median": Kind(lambda _, x: x.flatten(2).median(-1)[0]),
    "quantile": Kind(lambda _, x: torch.quantile(x.flatten(2), 0.3, dim=-1)),
    "integers, divided": Kind(lambda _, x: (x * 10).int() // 4),
    "windows": Kind(
        lambda n, x: n.norm(x[..., :24, :32].reshape(1, 8, 6, 4, 8, 4).permute(0, 2, 4, 3, 5, 1).reshape(48, 16, 8)),
        {"norm": lambda: affine(nn.LayerNorm(8))},
    ),
    "six axes": Kind(lambda _, x: (x[..., :24, :32].reshape(2, 4, 6, 4, 8, 4).softmax(1) + 1.0).amax((0, 3, 5))),
    "no batch axis": Kind(
        lambda n, x: F.max_pool2d(n.layer(x[0]), 2), {"layer": lambda: nn.Conv2d(8, 5, 3, padding=1)}
    ),
    "computed transposed kernel": Kind(
        lambda n, x: F.conv_transpose2d(x, n.layer(x.mean((2, 3))).view(8, 2, 2, 2), stride=2),
        {"layer": lambda: nn.Linear(8, 64)},
    ),
    "a border behind": Kind(
        lambda n, x: n.layer(x), {"layer": lambda: nn.ConvTranspose2d(8, 4, 2, 3, output_padding=1)}
    ),
    "attention with shared heads": Kind(
        lambda _, x: F.scaled_dot_product_attention(x[..., :8], x[:, :2, :, :8], x[:, 2:4, :, :8], enable_gqa=True)
    ),
    "masked attention of three axes": Kind(
        lambda _, x: F.scaled_dot_product_attention(*[x.flatten(2)[..., :30].mT] * 3, attn_mask=torch.eye(30).bool())
    ),
    "LSTM with a projection": sequence(lambda: nn.LSTM(8, 6, proj_size=3)),
    "cubic distances": Kind(lambda _, x: torch.cdist(x[0, 0], x[0, 1], p=3.0)),
    "sinc": Kind(lambda _, x: torch.sinc(x) + torch.sinc(x.mean(1, keepdim=True))),
    "bilinear layer": Kind(
        lambda n, x: n.layer(x.mean((2, 3)), x.amax((2, 3))), {"layer": lambda: nn.Bilinear(8, 8, 5)}
    ),
    "einsum of three": Kind(
        lambda n, x: torch.einsum("bchw,cd,ed->behw", x, n.a.weight, n.b.weight),
        {"a": lambda: nn.Linear(4, 8), "b": lambda: nn.Linear(4, 6)},
    ),
    "adaptive maximum of a volume": Kind(lambda _, x: F.adaptive_max_pool3d(x.view(1, 2, 4, 25, 33), (3, 5, 7))),
    "hardtanh of whole numbers": Kind(lambda _, x: F.hardtanh(x, -2, 1)),
    "norms of vectors and matrices": Kind(
        lambda _, x: (F.pairwise_distance(x.flatten(1), x.flip(1).flatten(1)), torch.linalg.matrix_norm(x))
    ),
    "grids of several images": Kind(
        lambda n, x: F.grid_sample(x.view(4, 2, 25, 33), n.where(x).view(4, 2, 25, 33).permute(0, 2, 3, 1).tanh()),
        {"where": lambda: nn.Conv2d(8, 8, 3, padding=1)},
    ),
    "places that add up": Kind(
        lambda _, x: torch.zeros(1, 8, 9).index_put_(
            (torch.tensor(0), torch.arange(8)[:, None], torch.arange(825)[None] % 7), x[0].flatten(1), accumulate=True
        )
    ),
    "numbers at computed places": Kind(lambda _, x: torch.zeros_like(x).scatter_(1, x.argmax(1, keepdim=True), 1) * x),
    "values at computed places": Kind(
        lambda _, x: x.flatten(2).scatter(2, x.flatten(2).topk(5)[1], x.flatten(2)[..., 7:12])
    ),
    "quotients of integers": Kind(
        lambda _, x: torch.stack(
            [(i := x.flatten(1).topk(9)[1]) % 33, torch.div(i, 33, rounding_mode="floor"), -i // 5]
        )
    ),
    "seven axes": Kind(
        lambda _, x: (
            (x.view(1, 1, 2, 2, 2, 25, 33).softmax(4) * x.view(1, 2, 1, 2, 2, 25, 33)).sum(3).reshape(8, 25, 33)
        )
    ),
    "a weight that is returned": Kind(lambda n, x: (n.layer(x), n.layer.weight), {"layer": lambda: nn.Conv2d(8, 4, 1)}),
    "almost zero and almost one": Kind(lambda _, x: torch.log((x > 0).float() + 1e-10) * 1.000004),
    "remainder of one": Kind(lambda _, x: (x % 1.0) * torch.div(x, 1.0, rounding_mode="floor")),
    "computed kernels of lines": Kind(
        lambda n, x: F.conv1d(x.mean(3), n.layer(x.mean((2, 3))).view(4, 8, 3), padding=2, dilation=2),
        {"layer": lambda: nn.Linear(8, 96)},
    ),
    "computed kernels of volumes": Kind(
        lambda n, x: F.conv3d(x.view(1, 2, 4, 25, 33), n.layer(x.mean((2, 3))).view(2, 2, 3, 1, 1), padding=(1, 0, 0)),
        {"layer": lambda: nn.Linear(8, 12)},
    ),
    "log-softmax": Kind(lambda _, x: F.log_softmax(x * 20, 1)),
    "constant grid of a volume": Kind(
        lambda n, x: F.grid_sample(x.view(1, 2, 4, 25, 33), n.grid.weight.tanh(), mode="nearest", align_corners=True),
        {"grid": Grid},
    ),
    "bytes": Kind(lambda _, x: (x.sigmoid() * 255).byte()),
    "inverses of three rows": Kind(lambda _, x: torch.linalg.inv(x[:, :, :3, :3] + 3 * torch.eye(3))),
    "deformable convolution": Kind(
        lambda n, x: deform_conv2d(x, n.offsets(x) * 2, n.layer.weight, padding=1),
        {"offsets": lambda: nn.Conv2d(8, 18, 3, padding=1), "layer": lambda: nn.Conv2d(8, 6, 3)},
    ),
    "norm of one vector": Kind(
        lambda n, x: n.layer(n.norm(x.mean((0, 2, 3)))),
        {"norm": lambda: affine(nn.LayerNorm(8)), "layer": lambda: nn.Linear(8, 5)},
    ),
}


def network_of(kind: Kind) -> nn.Module:
    torch.manual_seed(0)
    modules = {name: make() for name, make in kind.modules.items()}
    return Net(lambda n, x: kind.function(n, n.stem(x)), stem=stem(), **modules)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
def test_a_kind_in_every_target(attempt: Try, kind: Kind) -> None:
    found = attempt(network_of(kind))
    for name in TARGETS:
        assert found[name].refusal == ""
        assert (found[name].error or 0.0) <= LIMIT


def test_a_scale_and_a_shift_are_exact_in_core_ml(attempt: Try) -> None:
    """coremltools' own norm of the two would be 5e-6 of its values too small, each time."""

    def function(n: Any, x: Tensor) -> Tensor:
        y = n.stem(x).sin()
        for _ in range(4):
            y = (y * n.scale + n.shift).sin()
        return y

    torch.manual_seed(0)
    net = Net(function, stem=stem())
    net.scale, net.shift = nn.Parameter(torch.randn(8, 1, 1)), nn.Parameter(torch.randn(8, 1, 1))
    (one,) = attempt(net, targets=("coreml",)).values()
    assert one.error is not None
    assert one.error <= 1e-6


def test_an_output_of_six_axes_is_refused_in_core_ml(attempt: Try) -> None:
    torch.manual_seed(0)
    found = attempt(Net(lambda n, x: n.stem(x).reshape(1, 2, 4, 5, 5, 33), stem=stem()), targets=("coreml",))
    assert found["coreml"].refusal == (
        "The network itself has a tensor of 6 axes, made by aten.reshape.default, and Core ML has at most 5; merge "
        "some of them, as y.flatten(0, 1) does, or leave this target out."
    )


def test_names_are_the_networks_own(attempt: Try) -> None:
    def function(n: Any, x: Tensor) -> object:
        f = n.stem(x)
        return {"boxes": f, "aux": {"map": f.relu(), "pooled": [f.mean((2, 3)), f.amax((2, 3))]}}

    torch.manual_seed(0)
    found = attempt(Net(function, stem=stem()))
    names = ("boxes", "aux.map", "aux.pooled.0", "aux.pooled.1")
    assert found["executorch"].names == found["tflite"].names == names
    assert found["coreml"].names == tuple(name.replace(".", "_") for name in names)  # an ML program has no dots
    assert all(one.error is not None and one.error <= LIMIT for one in found.values())


def test_names_of_the_graphs_own_values(attempt: Try) -> None:
    """ONNX's values are named after the program's nodes, of which outputs take names."""

    def function(n: Any, x: Tensor) -> object:
        f = n.stem(x)
        return {"relu": f.mean((2, 3)), "conv2d": f.relu(), "a.b": f, "a": {"b": f.sin()}}

    torch.manual_seed(0)
    found = attempt(Net(function, stem=stem()))
    assert found["executorch"].names == found["tflite"].names == ("relu", "conv2d", "a_b", "a.b_2")
    assert found["coreml"].names == ("relu", "conv2d", "a_b", "a_b_2")
    assert all(one.error is not None and one.error <= LIMIT for one in found.values())


def test_channels_last(attempt: Try) -> None:
    torch.manual_seed(0)
    found = attempt(Net(lambda n, x: n.stem(x.permute(0, 3, 1, 2)).mean((2, 3)), stem=stem()))
    assert all(one.error is not None and one.error <= LIMIT for one in found.values())
