"""Count a network's multiply-accumulates."""

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

# Convolutions and linear layers, as in papers. Products of two activations, as in attention, are not counted: they are
# batched products here, and EfficientMod's published numbers do not include them.
_COUNTED = {torch.ops.aten.convolution, torch.ops.aten.mm, torch.ops.aten.addmm}


def count_macs(module: nn.Module, *inputs: Tensor) -> int:
    """Multiply-accumulates of all convolutions and linear layers for these inputs, such as a picture (1, 3, H, W).

    A linear layer's are counted at every position, a convolution's at every output position. Norms, activations,
    element-wise products and the matrix products inside attention are not counted.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*inputs)
    operations: dict[object, int] = counter.get_flop_counts()["Global"]
    return sum(flops for operation, flops in operations.items() if operation in _COUNTED) // 2
