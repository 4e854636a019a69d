"""Networks that take a picture in another form than (1, 3, H, W), made to take one in that form.

    grey, (1, 1, H, W)           0.299 R + 0.587 G + 0.114 B of the normalised picture (ITU-R BT.601), as PIL's "L"
    channels last, (1, H, W, C)  the picture with its axes in that order

The conversion becomes a part of the program, so that every target takes the same RGB pictures.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._subject import example_input, preprocessing_of
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
    GreyPicture,
    ChannelsLast,
    lambda: nn.Sequential(GreyPicture(), ChannelsLast()),
)


def for_pictures(network: Network, resolution: tuple[int, int] | None = None) -> Network:
    """The network itself where it takes (1, 3, H, W), else behind the first of FORMS with which it runs.

    Raises ConversionError for a network that takes several inputs; any other failure is told when it is run.
    """
    picture = example_input(preprocessing_of(network, resolution))
    problem = _problem(network.module, picture)
    if problem is None:
        return network
    _check_count(network, problem)
    for form in FORMS:
        module = nn.Sequential(form(), network.module).eval()
        if _problem(module, picture) is None:
            return replace(network, module=module, num_classes=network.num_classes or _classes(module, picture))
    return network


def _problem(module: nn.Module, picture: Tensor) -> BaseException | None:
    try:
        with torch.no_grad():
            module(picture.clone())
    except (Exception, SystemExit) as error:  # the user's code runs
        return error
    return None


def _classes(module: nn.Module, picture: Tensor) -> int | None:
    with torch.no_grad():
        output = module(picture)
    return output.shape[1] if isinstance(output, Tensor) and output.ndim == 2 else None


def _check_count(network: Network, problem: BaseException) -> None:
    """Raise ConversionError where the network takes more inputs than a picture."""
    names = [
        parameter.name
        for parameter in inspect.signature(network.module.forward).parameters.values()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(names) < 2:  # forward(*inputs) does not tell; what it calls does
        missing = re.search(r"missing \d+ required positional arguments?: (.*)", str(problem))
        if not isinstance(problem, TypeError) or missing is None:
            return
        names = ["a picture", *re.findall(r"'(\w+)'", missing[1])]
    raise ConversionError(
        f"{network.name} takes {len(names)} inputs: {', '.join(names)}; one picture (1, 3, H, W) is supported, so give "
        "a network whose forward() takes one picture and holds or makes the others: two pictures can be its upper and "
        f"its lower half, and a constant a buffer ({described(problem)}).",
        code="several_inputs",
    )
