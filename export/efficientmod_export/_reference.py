"""What PyTorch computes for the parity samples: what every artifact is held against."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from efficientmod_export._stages import Outputs, Sample
from efficientmod_export.parity import torch_inputs
from efficientmod_mobile.deploy.program import output_dtype, refuse_quantised_modules
from efficientmod_mobile.errors import ConversionError, EfficientModError
from efficientmod_mobile.messages import described
from efficientmod_mobile.output_names import take_apart, tensors_with_names

Names = tuple[str | None, ...]
"""Of outputs; None for one without a name of its own."""


def reference_outputs(module: nn.Module, samples: Sequence[Sample]) -> tuple[tuple[Outputs, ...], Names]:
    """What PyTorch computes for each sample, eagerly and in float32: the network as the user knows it; and the names
    that it gives its outputs. An output without axes becomes a vector of one element, and its dtype one that a bundle
    has, as in a program.

    Raises ConversionError when the network is quantised, cannot run on its own input, gives something else than dense
    tensors of real numbers, integers or truth values, or something else each time.
    """
    refuse_quantised_modules(module)  # observers change with each run
    inputs = [torch_inputs(sample) for sample in samples]
    # A few numbers that dropout thins can be the same twice; that they were drawn shows in the generator.
    generator = torch.get_rng_state()
    results, names = zip(*(run_network(module, given) for given in inputs), strict=True)
    again, _ = run_network(module, inputs[0])
    steady = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(results[0], again, strict=True))
    if not steady or not torch.equal(generator, torch.get_rng_state()):
        raise ConversionError(
            "The network gives other numbers each time; take dropout and random numbers out of it.",
            code="random_output",
        )
    return results, names[0]


def run_network(module: nn.Module, inputs: Sequence[Tensor]) -> tuple[Outputs, Names]:
    """The outputs of one run, and their names. Raises ConversionError where the network does not run, or gives outputs
    that are not supported.
    """
    try:
        with torch.no_grad():
            # It may write into its inputs.
            given = module(*(x.clone() for x in inputs))
        take_apart(given)
        leaves, names = tensors_with_names(given, Tensor)
    except EfficientModError:
        raise
    except (Exception, SystemExit) as error:  # it is the user's code that runs, so anything can be raised
        raise ConversionError(
            f"The network does not run on {' and '.join(str(tuple(x.shape)) for x in inputs)} ({described(error)}); "
            "fix its forward(), or try another --resolution; --input x=tensor:1x4x224x224 says the shape of an "
            "input that is no RGB picture.",
            code="network_does_not_run",
        ) from error
    if not leaves:
        raise ConversionError(
            "The network gives no tensor; return its scores or feature maps.", code="no_output_tensor"
        )
    for index, leaf in enumerate(leaves):
        if leaf.layout != torch.strided or leaf.device.type != "cpu":
            raise ConversionError(
                f"Output {index} of the network is a {leaf.layout} tensor on {leaf.device}; return dense ones on the "
                "CPU.",
                code="unsupported_output",
            )
        if output_dtype(leaf.dtype) is None:
            advice = ", as torch.view_as_real(y) makes them" if leaf.is_complex() else ""
            raise ConversionError(
                f"Output {index} of the network is {leaf.dtype}; return tensors of real numbers, integers or truth "
                f"values{advice}.",
                code="unsupported_output",
            )
        if leaf.numel() == 0:
            raise ConversionError(
                f"Output {index} of the network has the shape {tuple(leaf.shape)}, without an element; return tensors "
                "of sizes that do not depend on the picture, such as a mask, or a fixed number of values by topk().",
                code="unsupported_output",
            )
    return tuple(map(_as_array, leaves)), names


def _as_array(leaf: Tensor) -> NDArray[Any]:
    given = leaf.detach().to(output_dtype(leaf.dtype))
    return (given if given.ndim else given.reshape(1)).contiguous().numpy()
