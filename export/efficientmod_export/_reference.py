"""What PyTorch computes for the parity samples: what every artifact is held against."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from efficientmod_export._stages import Outputs, Sample
from efficientmod_mobile.errors import ConversionError, EfficientModError
from efficientmod_mobile.messages import described


def reference_outputs(module: nn.Module, samples: Sequence[Sample]) -> tuple[Outputs, ...]:
    """What PyTorch computes for each sample, eagerly and in float32: the network as the user knows it.

    Raises ConversionError when the network cannot run on its own input, gives something else than dense float32
    tensors, or something else each time.
    """
    inputs = [torch.from_numpy(sample.tensor) for sample in samples]
    # A few numbers that dropout thins can be the same twice; that they were drawn shows in the generator.
    generator = torch.get_rng_state()
    results = tuple(_run(module, tensor) for tensor in inputs)
    again = _run(module, inputs[0])
    steady = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(results[0], again, strict=True))
    if not steady or not torch.equal(generator, torch.get_rng_state()):
        raise ConversionError("The network gives other numbers each time; take dropout and random numbers out of it.")
    return results


def _run(module: nn.Module, tensor: Tensor) -> Outputs:
    try:
        with torch.no_grad():
            leaves = [leaf for leaf in pytree.tree_leaves(module(tensor.clone())) if isinstance(leaf, Tensor)]
    except EfficientModError:
        raise
    except (Exception, SystemExit) as error:  # it is the user's code that runs, so anything can be raised
        raise ConversionError(
            f"The network does not run on an input of shape {tuple(tensor.shape)} ({described(error)}); "
            "fix its forward(), or try another --resolution."
        ) from error
    if not leaves:
        raise ConversionError("The network gives no tensor; return its scores or feature maps.")
    for index, leaf in enumerate(leaves):
        if leaf.layout != torch.strided or leaf.device.type != "cpu":
            raise ConversionError(
                f"Output {index} of the network is a {leaf.layout} tensor on {leaf.device}; return dense ones on the "
                "CPU."
            )
        if leaf.dtype != torch.float32 or leaf.ndim == 0 or leaf.numel() == 0:
            raise ConversionError(
                f"Output {index} of the network is {leaf.dtype} of shape {tuple(leaf.shape)}; "
                "return float32 tensors that have an axis and are not empty."
            )
    return tuple(leaf.detach().contiguous().numpy() for leaf in leaves)
