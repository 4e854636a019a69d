"""Whatever a module holds or does: it is exported, or one sentence says why not. No other exception leaves a stage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import EXACT, Original, capture, deploy
from efficientmod_mobile.errors import ConversionError

SHAPE = (1, 3, 18, 26)


@dataclass
class Result:
    """An output that PyTorch does not know how to take apart."""

    scores: Tensor


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(context: Any, grad: Tensor) -> Tensor:
        return grad * 2


class Odd(nn.Module):
    def __init__(self, function: Callable[..., object], **held: object) -> None:
        super().__init__()
        self.function = function
        self.conv = nn.Conv2d(3, 4, 3)
        for name, value in held.items():
            if isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, x: Tensor) -> object:
        return self.function(self, x)


def _counts(n: Any, x: Tensor) -> Tensor:
    n.count += 1
    return n.conv(x) * n.count


def _writes_weight(n: Any, x: Tensor) -> Tensor:
    n.conv.weight.mul_(1.0)
    return n.conv(x)


def _loops(n: Any, x: Tensor) -> Tensor:
    while x.abs().max() > 1:
        x = x / 2
    return n.conv(x)


def _autocast(n: Any, x: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return n.conv(x).float()


def _generator(n: Any, x: Tensor) -> Any:
    yield n.conv(x)


ODD: dict[str, Odd] = {
    "a dataclass": Odd(lambda n, x: Result(n.conv(x))),
    "a generator": Odd(_generator),
    "a set": Odd(lambda n, x: {n.conv(x)}),
    "nothing": Odd(lambda n, x: None),
    "a string and a number": Odd(lambda n, x: ("text", 3, n.conv(x))),
    "odd keys": Odd(lambda n, x: {"a b/c": n.conv(x), 3: x.mean(), "": x.sum(), "image": x.amax(), "IMAGE": x.amin()}),
    "a network without layers": Odd(lambda n, x: x),
    "a constant": Odd(lambda n, x: torch.arange(4.0)),
    "an empty tensor": Odd(lambda n, x: n.conv(x)[:, :0]),
    "complex weights": Odd(lambda n, x: (n.conv(x) * n.w).abs(), w=torch.randn(1, 4, 1, 1, dtype=torch.cfloat)),
    "complex outputs": Odd(lambda n, x: torch.fft.fft(n.conv(x))),
    "a complex function that is not known": Odd(lambda n, x: torch.fft.fft(n.conv(x)).tan().abs()),
    "a sparse buffer": Odd(lambda n, x: torch.sparse.mm(n.w, x[0, 0]), w=torch.eye(18).to_sparse()),
    "float64 inside": Odd(lambda n, x: (n.conv(x).double() * torch.pi).float()),
    "float16 inside": Odd(lambda n, x: n.conv(x).half().float()),
    "bytes": Odd(lambda n, x: (n.conv(x).sigmoid() * 255).to(torch.uint8).float() / 255),
    "bits": Odd(lambda n, x: (n.conv(x) * 100).int().bitwise_and(12).float()),
    "a count of calls": Odd(_counts, count=torch.zeros(())),
    "its weight is written": Odd(_writes_weight),
    "a loop that depends on the data": Odd(_loops),
    "a branch that depends on the data": Odd(lambda n, x: n.conv(x) if x.sum() > 0 else n.conv(-x)),
    "a size that depends on the data": Odd(lambda n, x: x[x > 0]),
    "a number taken out": Odd(lambda n, x: n.conv(x) * x.max().item()),
    "NumPy": Odd(lambda n, x: n.conv(torch.from_numpy(x.numpy() * 2))),
    "random numbers": Odd(lambda n, x: n.conv(x) + torch.randn(1)),
    "NaN": Odd(lambda n, x: n.conv(x) * n.w, w=torch.tensor(float("nan"))),
    "infinity in a mask": Odd(lambda n, x: (n.conv(x).flatten(2) + n.w).softmax(-1), w=torch.full((384,), -1e38)),
    "autocast": Odd(_autocast),
    "an autograd function": Odd(lambda n, x: n.conv(Doubled.apply(x))),
    "a compiled module": Odd(lambda n, x: n.inner(x), inner=torch.compile(nn.Conv2d(3, 4, 3), backend="eager")),
    "data parallel": Odd(lambda n, x: n.inner(x), inner=nn.DataParallel(nn.Conv2d(3, 4, 3))),
    "a checkpointed part": Odd(
        lambda n, x: torch.utils.checkpoint.checkpoint(n.conv, x, use_reentrant=False)  # type: ignore[attr-defined]
    ),
    "a lookup": Odd(lambda n, x: F.embedding(n.conv(x).argmax(1), n.w), w=torch.randn(4, 5)),
    "one-hot": Odd(lambda n, x: F.one_hot(n.conv(x).argmax(1), 4)),
    "a histogram": Odd(lambda n, x: torch.histc(n.conv(x), 8)),
    "a decomposition": Odd(lambda n, x: torch.linalg.svdvals(n.conv(x)[0, 0])),
    "an inverse": Odd(lambda n, x: torch.linalg.inv(torch.eye(16) * 3 + n.conv(x)[0, 0, :, :16])),
    "unique": Odd(lambda n, x: torch.unique(n.conv(x).round())),
    "nested tuples": Odd(lambda n, x: ((n.conv(x), (x.mean((2, 3)),)), [])),
    "a view of the input": Odd(lambda n, x: x.transpose(2, 3)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", list(ODD.values()), ids=list(ODD))
def test_a_program_or_a_sentence(module: Odd) -> None:
    torch.manual_seed(0)
    refusal = _refusal(module.eval())
    if refusal is not None:
        assert "\n" not in refusal
        assert ";" in refusal  # what is wrong; what to do


def _refusal(module: Odd) -> str | None:
    try:
        program = capture(module, torch.zeros(SHAPE))
        deployed = deploy(program, EXACT, Original.of(program))
    except ConversionError as error:
        return str(error)
    nodes = program.graph.output_node().args[0]
    assert isinstance(nodes, tuple)
    assert all(node.meta["val"].ndim > 0 for node in nodes)
    assert deployed.certificate.float64_error <= deployed.certificate.tolerance
    return None
