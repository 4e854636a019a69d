"""Fifteen small networks, each a form that people meet and that some converter gets wrong or refuses."""

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Net(nn.Module):
    """Modules by name, and a forward that is a function of the network and its inputs."""

    def __init__(self, function: Callable[..., object], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *inputs: Tensor) -> object:
        return self.function(self, *inputs)


def stem(width: int = 8, channels: int = 3) -> nn.Conv2d:
    """3 x 3, stride 2: 50 x 66 becomes 25 x 33."""
    return nn.Conv2d(channels, width, 3, 2, 1)


def half_scale() -> nn.Module:
    """Bilinear by a factor that the sizes do not divide."""
    return Net(
        lambda n, x: n.head(F.interpolate(n.stem(x), scale_factor=0.5, mode="bilinear")),
        stem=stem(),
        head=nn.Conv2d(8, 2, 1),
    )


def slice_assignment() -> nn.Module:
    """Channels that are written in place, side by side and with a step."""

    def forward(n, x):  # type: ignore[no-untyped-def]
        f = n.stem(x).clone()
        f[:, :2] = n.part(f[:, :2])
        f[:, 2::3] = f[:, 2::3].sigmoid()
        return n.head(f)

    return Net(forward, stem=stem(), part=nn.Conv2d(2, 2, 3, padding=1), head=nn.Conv2d(8, 4, 1))


def tied_transposed() -> nn.Module:
    """One weight for a convolution and a transposed one."""
    return Net(
        lambda n, x: F.conv_transpose2d(n.stem(x).relu(), n.stem.weight, stride=2, padding=1, output_padding=1),
        stem=stem(),
    )


def writes_into_input() -> nn.Module:
    """The picture is clamped in place."""
    return Net(lambda n, x: n.head(n.stem(x.clamp_(-1, 1)).relu().mean((2, 3))), stem=stem(), head=nn.Linear(8, 4))


def relu_first() -> nn.Module:
    """The first layer is an in-place activation."""
    return Net(
        lambda n, x: n.head(n.stem(n.act(x)).mean((2, 3))), act=nn.ReLU(inplace=True), stem=stem(), head=nn.Linear(8, 4)
    )


def instance_norm_with_statistics() -> nn.Module:
    """In evaluation a BatchNorm."""
    norm = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return Net(lambda n, x: n.head(n.norm(n.stem(x)).relu()), stem=stem(), norm=norm, head=nn.Conv2d(8, 3, 1))


def one_tensor_twice() -> nn.Module:
    """Returned twice."""
    return Net(lambda n, x: (y := n.stem(x), y), stem=stem())


def fourier() -> nn.Module:
    """A layer on the spectrum, as in fast Fourier convolutions."""

    def forward(n, x):  # type: ignore[no-untyped-def]
        f = n.stem(x).relu()
        z = torch.view_as_real(torch.fft.rfft2(f, norm="ortho")).permute(0, 1, 4, 2, 3)
        b, c, _, h, w = z.shape
        z = n.mix(z.reshape(b, c * 2, h, w)).relu().view(b, c, 2, h, w).permute(0, 1, 3, 4, 2).contiguous()
        return n.head(f + torch.fft.irfft2(torch.view_as_complex(z), s=f.shape[-2:], norm="ortho"))

    return Net(forward, stem=stem(), mix=nn.Conv2d(16, 16, 1), head=nn.Conv2d(8, 3, 1))


def quantised_module() -> nn.Module:
    """Converted to int8 by torch.ao."""
    from torch.ao.quantization import DeQuantStub, QuantStub, convert, get_default_qconfig, prepare

    warnings.simplefilter("ignore")  # PyTorch calls them deprecated; pytest restores the filters
    net = Net(
        lambda n, x: n.d(n.act(n.stem(n.q(x)))), q=QuantStub(), stem=stem(), act=nn.ReLU(), d=DeQuantStub()
    ).eval()
    net.qconfig = get_default_qconfig("x86")  # type: ignore[assignment]
    prepared = prepare(net)
    prepared(torch.randn(2, 3, 32, 32))
    converted: nn.Module = convert(prepared)
    return converted


def grey() -> nn.Module:
    """One channel."""
    return Net(lambda n, x: n.head(n.stem(x).relu().mean((2, 3))), stem=stem(channels=1), head=nn.Linear(8, 10))


def two_pictures() -> nn.Module:
    """Two inputs."""
    return Net(lambda n, a, b: n.head((n.stem(a) - n.stem(b)).abs()), stem=stem(), head=nn.Conv2d(8, 2, 1))


def class_map() -> nn.Module:
    """A segmentation that ends in argmax: int64."""
    return Net(lambda n, x: n.head(n.stem(x).relu()).argmax(1), stem=stem(), head=nn.Conv2d(8, 6, 1))


def spatial_transformer() -> nn.Module:
    """affine_grid and grid_sample."""

    def forward(n, x):  # type: ignore[no-untyped-def]
        theta = n.where(n.stem(x).mean((2, 3))).view(-1, 2, 3) + torch.tensor([[1.1, 0.2, 0.1], [-0.2, 0.9, 0.3]])
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        return n.head(F.grid_sample(x, grid, align_corners=False))

    return Net(forward, stem=stem(), where=nn.Linear(8, 6), head=nn.Conv2d(3, 4, 1))


def prelu_after_linear() -> nn.Module:
    """PReLU of a matrix."""
    act = nn.PReLU(16)
    nn.init.uniform_(act.weight, -0.3, 0.6)
    return Net(
        lambda n, x: n.head(n.act(n.mid(n.stem(x).mean((2, 3))))),
        stem=stem(), mid=nn.Linear(8, 16), act=act, head=nn.Linear(16, 4),
    )  # fmt: skip


def ends_in_softmax() -> nn.Module:
    """Probabilities."""
    return Net(lambda n, x: n.head(n.stem(x).relu().mean((2, 3))).softmax(1), stem=stem(), head=nn.Linear(8, 7))


RIGHT = (
    half_scale, slice_assignment, tied_transposed, writes_into_input, relu_first, instance_norm_with_statistics,
    one_tensor_twice, fourier, grey, two_pictures, class_map, spatial_transformer, prelu_after_linear, ends_in_softmax,
)  # fmt: skip
INPUTS = {two_pictures: ("a=picture:50x66", "b=picture:50x66")}
"""As `--input` has them; the others take one picture."""

REFUSED = {
    quantised_module: "q is a quantised Quantize .*; export the float network that it was made from",
}
