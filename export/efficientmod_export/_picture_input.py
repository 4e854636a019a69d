"""Networks that take pictures in another form than (1, 3, H, W), made to take them in that form.

    grey, (1, 1, H, W)           0.299 R + 0.587 G + 0.114 B of the normalised picture (ITU-R BT.601), as PIL's "L"
    channels last, (1, H, W, C)  the picture with its axes in that order

The conversion becomes a part of the program, so that every target takes the same RGB pictures.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._stages import Sample
from efficientmod_export.parity import torch_inputs
from efficientmod_mobile import Network
from efficientmod_mobile.errors import ConversionError
from efficientmod_mobile.messages import described

LUMA = (0.299, 0.587, 0.114)


class GreyPicture(nn.Module):
    """(N, 3, H, W) -> (N, 1, H, W)."""

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(LUMA).reshape(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The luma of normalised pixels."""
        return F.conv2d(x, self.weight)


class ChannelsLast(nn.Module):
    """(N, C, H, W) -> (N, H, W, C)."""

    def forward(self, x: Tensor) -> Tensor:
        """The same values with their axes in another order."""
        return x.permute(0, 2, 3, 1)


FORMS: tuple[Callable[[], nn.Module], ...] = (
    nn.Identity,
    GreyPicture,
    ChannelsLast,
    lambda: nn.Sequential(GreyPicture(), ChannelsLast()),
)


class Formed(nn.Module):
    """A network behind a form for each of its inputs."""

    def __init__(self, forms: Sequence[nn.Module], network: nn.Module) -> None:
        super().__init__()
        self.forms = nn.ModuleList(forms)
        self.network = network

    def forward(self, *inputs: Tensor) -> object:
        """What the network gives."""
        return self.network(*(form(x) for form, x in zip(self.forms, inputs, strict=True)))


def for_pictures(network: Network, sample: Sample) -> Network:
    """The network itself where it runs on the sample, else with the first of FORMS before its pictures with which it
    does.

    Raises ConversionError for a network that takes more inputs; any other failure is told when it is run.
    """
    inputs = torch_inputs(sample)
    problem = _problem(network.module, inputs)
    if problem is None:
        return network if len(inputs) == 1 else _with_classes(network, network.module, inputs)
    _check_count(network, problem, len(inputs))
    choices = [FORMS if given.pixels is not None else FORMS[:1] for given in sample.inputs]
    for forms in product(*choices):
        module = Formed([form() for form in forms], network.module).eval()
        if _problem(module, inputs) is None:
            return _with_classes(network, module, inputs)
    return network


def _problem(module: nn.Module, inputs: Sequence[Tensor]) -> BaseException | None:
    try:
        with torch.no_grad():
            module(*(x.clone() for x in inputs))
    except (Exception, SystemExit) as error:  # the user's code runs
        return error
    return None


def _with_classes(network: Network, module: nn.Module, inputs: Sequence[Tensor]) -> Network:
    """The number of classes was looked for with one RGB picture."""
    with torch.no_grad():
        output = module(*(x.clone() for x in inputs))
    found = output.shape[1] if isinstance(output, Tensor) and output.ndim == 2 else None
    return replace(network, module=module, num_classes=network.num_classes or found)


def _check_count(network: Network, problem: BaseException, given: int) -> None:
    """Raise ConversionError where the network takes more inputs than are given."""
    names = [
        parameter.name
        for parameter in inspect.signature(network.module.forward).parameters.values()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(names) < 2:  # forward(*inputs) does not tell; what it calls does
        missing = re.search(r"missing \d+ required positional arguments?: (.*)", str(problem))
        found = re.findall(r"'(\w+)'", missing[1]) if isinstance(problem, TypeError) and missing else []
        names = [*(f"input_{index}" for index in range(given)), *found]
    if len(names) <= given:
        return
    options = " ".join(f"--input {name}=picture:224x224" for name in names)
    raise ConversionError(
        f"{network.name} takes {len(names)} inputs: {', '.join(names)}; say what each is, as in {options}, or "
        f"NAME=tensor:1x16 for one that is no picture ({described(problem)}).",
        code="several_inputs",
    )
