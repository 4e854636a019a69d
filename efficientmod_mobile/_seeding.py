"""Initialise a network with seeded weights under which all of its layers affect the output."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from efficientmod_mobile._realistic import realistic_state
from efficientmod_mobile.errors import ModelError
from efficientmod_mobile.messages import described

CONTRASTS = (0.5, 1.0, 1.5, 2.0)
"""Contrasts of the calibration images; normalised photographs have a standard deviation of 1, a checkerboard of 2."""


def seed_weights(module: nn.Module, input_size: tuple[int, int], seed: int) -> None:
    """Load `realistic_state` into `module` (in eval mode), then set BatchNorm statistics to those of its activations.

    Without the second step a deep network with BatchNorms has activations of 1e12 (RepViT) or outputs that hardly
    depend on its input (MobileNetV3), and comparing outputs would be meaningless. The calibration images differ in
    contrast, as training images do: with statistics of low contrast only, a network that multiplies activations
    (StarNet) amplifies a higher contrast in each block, and its rounding errors too. Integer buffers, such as index
    tables, are not changed. Raises ModelError for a network that does not run on images of this size.
    """
    state = module.state_dict()
    shapes = {key: tuple(v.shape) for key, v in state.items() if v.is_floating_point()}
    for key, values in realistic_state(shapes, seed).items():
        state[key] = torch.from_numpy(values)
    module.load_state_dict(state)
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    if norms:
        _calibrate(module, norms, torch.from_numpy(_pictures(input_size, seed)))


def _calibrate(module: nn.Module, norms: list[_BatchNorm], pictures: Tensor) -> None:
    """Run the network once; each norm's statistics are set before it is applied, so that later norms depend on them.

    On one thread: the last bits of a sum depend on the number of threads, and the weights must not.
    """
    hooks = [norm.register_forward_pre_hook(_take_statistics) for norm in norms]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            module(pictures)
    except Exception as error:  # any network may be given, also one that does not take images
        raise ModelError(
            f"The network does not run on images of shape {tuple(pictures.shape)} ({described(error)}).",
            code="seeding_failed",
        ) from error
    finally:
        torch.set_num_threads(threads)
        for hook in hooks:
            hook.remove()


def _take_statistics(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    x = inputs[0]
    axes = [axis for axis in range(x.ndim) if axis != 1]
    variance, mean = torch.var_mean(x, dim=axes, correction=0)
    # Rounded to eight bits, so that most processors agree although they sum in different orders.
    for name, value in (("running_mean", mean), ("running_var", variance.clamp_min(1e-3))):
        buffer = getattr(norm, name)
        if buffer is not None:
            buffer.copy_(value.bfloat16())


def _pictures(input_size: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """Images (N, 3, H, W), one per contrast, with a colour cast, coarse patches and fine noise, as photographs have."""
    height, width = input_size
    rng = np.random.default_rng([seed, 8])
    contrast = np.reshape(CONTRASTS, (-1, 1, 1, 1))
    cast = rng.standard_normal((len(CONTRASTS), 3, 1, 1))
    patches = rng.standard_normal((len(CONTRASTS), 3, 8, 8))
    rows, columns = np.arange(height) * 8 // height, np.arange(width) * 8 // width
    noise = rng.standard_normal((len(CONTRASTS), 3, height, width))
    return (contrast * (0.5 * cast + 0.7 * patches[:, :, rows][:, :, :, columns] + 0.4 * noise)).astype(np.float32)
