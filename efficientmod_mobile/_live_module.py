"""A module that a program holds, such as one in training, as a network: a copy, so that the module stays as it is."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from efficientmod_mobile._network import Network, Weights, classes_of, digest_of
from efficientmod_mobile._preprocessing import preprocessing_of
from efficientmod_mobile.errors import ModelError
from efficientmod_mobile.messages import described

_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)


def network_of(module: nn.Module, name: str | None = None, input_size: tuple[int, int] | None = None) -> Network:
    """A copy of the module in eval mode, in float32 and on the CPU, with its weights; `name` is its class's by default.

    Mode, device, gradients, hooks and values of the module stay. `input_size` (H, W) is that of its pictures, by
    default its preprocessing's. Raises ModelError where it cannot be copied.
    """
    inner = module.module if isinstance(module, _WRAPPERS) else module
    own = name or type(inner).__name__
    try:
        with torch.no_grad():
            copied = copy.deepcopy(inner, _computed(inner))
    except Exception as error:  # any attribute of the user's module can refuse to be copied
        raise ModelError(
            f"{own} cannot be copied ({described(error)}); name a function that builds it, "
            "package.module:function, and give its state dict as the checkpoint.",
            code="uncopyable_module",
        ) from error
    copied.zero_grad(set_to_none=True)
    copied.eval().float().cpu()
    preprocessing = preprocessing_of(copied, own)
    classes = classes_of(copied, input_size or preprocessing.input_size)
    return Network(own, copied, classes, Weights("module", sha256=digest_of(copied)), preprocessing)


def _computed(module: nn.Module) -> dict[int, Any]:
    """Copies, for `deepcopy`, of the tensors that were computed from parameters, such as what the hooks of weight norm
    leave; PyTorch refuses to copy these.
    """
    held = (value for part in module.modules() for value in vars(part).values())
    return {id(value): value.detach().clone() for value in held if isinstance(value, Tensor) and not value.is_leaf}
