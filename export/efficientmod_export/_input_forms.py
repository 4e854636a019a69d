"""Networks that take their inputs in another form than a bundle has them, made to take them in that form.

A picture is normalised float32 (1, 3, H, W); a network may take
    grey, (1, 1, H, W)           0.299 R + 0.587 G + 0.114 B of the normalised picture (ITU-R BT.601), as PIL's "L"
    channels last, (1, H, W, C)  the picture with its axes in that order
    pixels, uint8                their values, 0 to 255; the bundle's have the mean 0 and the standard deviation 1/255

A tensor is float32, int32 or int64, and has an axis; a network may take
    float64, float16             the float32 values
    uint8, int8, int16, bool     the int32 values
    a number, ()                 the only element

The conversion becomes a part of the program, so that every target takes the same pictures and tensors.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export._network_inputs import NamedInputs, PictureInput, TensorInput, of_pixels
from efficientmod_export._stages import Sample, SampleInput
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


class Pixels(nn.Module):
    """Values of pixels as uint8."""

    def forward(self, x: Tensor) -> Tensor:
        """Rounded, for float32 holds them to its accuracy."""
        return x.round().clamp(0.0, 255.0).to(torch.uint8)


class Cast(nn.Module):
    """The same values in another dtype."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        """Values that the dtype does not have are its least or its largest."""
        if not x.is_floating_point() and self.dtype != torch.bool:
            limits = torch.iinfo(self.dtype)
            x = x.clamp(limits.min, limits.max)
        return x.to(self.dtype)


class OnlyElement(nn.Module):
    """(1,) -> ()."""

    def forward(self, x: Tensor) -> Tensor:
        """The same value without axes."""
        return x.reshape(())


Form = Callable[[], nn.Module]

FORMS: tuple[Form, ...] = (
    nn.Identity,
    GreyPicture,
    ChannelsLast,
    lambda: nn.Sequential(GreyPicture(), ChannelsLast()),
)
"""Of pictures, in the order in which they are tried."""

PIXEL_FORMS: tuple[Form, ...] = (
    Pixels,
    lambda: nn.Sequential(GreyPicture(), Pixels()),
    lambda: nn.Sequential(Pixels(), ChannelsLast()),
    lambda: nn.Sequential(GreyPicture(), Pixels(), ChannelsLast()),
)

CASTS = {
    torch.float32: (torch.float64, torch.float16),
    torch.int32: (torch.bool, torch.uint8, torch.int8, torch.int16),
}
"""What a network may take in the place of a bundle's dtype."""

MOST_TRIALS = 200
"""Of the forms of all inputs together."""


class Formed(nn.Module):
    """A network behind a form for each of its inputs."""

    def __init__(self, forms: Sequence[nn.Module], network: nn.Module) -> None:
        super().__init__()
        self.forms = nn.ModuleList(forms)
        self.network = network

    def forward(self, *inputs: Tensor) -> object:
        """What the network gives."""
        return self.network(*(form(x) for form, x in zip(self.forms, inputs, strict=True)))


def in_forms(network: Network, sample: Sample, inputs: NamedInputs = ()) -> Network:
    """The network itself where it runs on the sample, else behind the first forms with which it does; with the
    preprocessing of pixels, where only they fit. `inputs` are what the user says of them, where that is known.

    Raises ConversionError for a network that takes more inputs or a dictionary, InputError where a mean is stated for
    pixels; any other failure is told when it is run.
    """
    values = torch_inputs(sample)
    given = inputs or (None,) * len(values)
    choices = [_forms(one, stated, FORMS) for one, stated in zip(sample.inputs, given, strict=True)]
    problem = _problem(network.module, values)
    if problem is None and all(forms[0] is nn.Identity for forms in choices):
        return network if len(values) == 1 else _with_classes(network, network.module, values)
    if problem is not None:
        _check_count(network, problem, len(values))
        _check_no_dictionary(network, values)
    formed = _first_that_runs(network, choices, values)
    if formed is None and any(one.pixels is not None for one in sample.inputs):
        choices = [_forms(one, stated, PIXEL_FORMS) for one, stated in zip(sample.inputs, given, strict=True)]
        of_bytes = _first_that_runs(network, choices, values)
        formed = None if of_bytes is None else of_pixels(of_bytes)
    return formed or network


def _forms(one: SampleInput, given: PictureInput | TensorInput | None, of_pictures: Sequence[Form]) -> Sequence[Form]:
    """Those of an input, in the order in which they are tried."""
    if one.pixels is not None:
        return PIXEL_FORMS if isinstance(given, PictureInput) and given.pixels else of_pictures
    held = torch.from_numpy(one.tensor)
    if isinstance(given, TensorInput) and given.values is not None:
        return _of_tensor(held, torch.from_numpy(given.values).dtype, given.values.ndim)
    casts: list[Form] = [nn.Identity, *(_cast(dtype) for dtype in CASTS.get(held.dtype, ()))]
    return [*casts, *map(_without_axes, casts)] if held.shape == (1,) else casts


def _of_tensor(held: Tensor, dtype: torch.dtype, axes: int) -> Sequence[Form]:
    """Of a tensor that the user gave in this dtype with so many axes."""
    exact: Form = nn.Identity if dtype == held.dtype else _cast(dtype)
    # A network in float32 takes values of float64 as they are held.
    forms = [nn.Identity, exact] if dtype.is_floating_point and dtype != held.dtype else [exact]
    return forms if axes else list(map(_without_axes, forms))


def _cast(dtype: torch.dtype) -> Form:
    return lambda: Cast(dtype)


def _without_axes(form: Form) -> Form:
    return lambda: nn.Sequential(OnlyElement(), form())


def _first_that_runs(network: Network, choices: Sequence[Sequence[Form]], values: Sequence[Tensor]) -> Network | None:
    for forms in islice(product(*choices), MOST_TRIALS):
        module = Formed([form() for form in forms], network.module).eval()
        if _problem(module, values) is None:
            return _with_classes(network, module, values)
    return None


def _problem(module: nn.Module, inputs: Sequence[Any]) -> BaseException | None:
    try:
        with torch.no_grad():
            module(*(x.clone() if isinstance(x, Tensor) else x for x in inputs))
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


class _Asked(dict[str, Tensor]):
    """A dictionary that has a tensor under every key, and notes which are read."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value, self.keys_read = value, dict[str, None]()

    def __missing__(self, key: object) -> Tensor:
        if isinstance(key, str):
            self.keys_read[key] = None
        return self.value

    def get(self, key: str, default: object = None) -> Tensor:  # noqa: ARG002 - as a dictionary's
        return self[key]


def _check_no_dictionary(network: Network, values: Sequence[Tensor]) -> None:
    """Raise ConversionError where the network reads its input's keys."""
    if len(values) != 1:
        return
    asked = _Asked(values[0])
    _problem(network.module, [asked])
    if not asked.keys_read:
        return
    names = list(asked.keys_read)
    taken = [name if name.isidentifier() else f"input_{index}" for index, name in enumerate(names)]
    pairs = ", ".join(f'"{name}": {one}' for name, one in zip(names, taken, strict=True))
    raise ConversionError(
        f"{network.name} takes a dictionary with {' and '.join(map(repr, names))}; put it into a module whose "
        f"forward() takes tensors: def forward(self, {', '.join(taken)}): return self.network({{{pairs}}}).",
        code="dictionary_input",
    )
