"""What each operator of a Vulkan program computes, by its name there; registered twice raises.

Most are ATen operators of the same name, called with the arguments in the order of their schema. A name that is not
here is unknown: it was neither looked at nor, as the table `_runtime_limits` says, run.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch._ops import OpOverload

Kernel = Callable[..., Any]
AnyKernel = TypeVar("AnyKernel", bound=Kernel)

KERNELS: dict[str, Kernel] = {}

MOVES: set[str] = set()
"""Operators that move values without computing new ones."""


def operator(*names: str, moves: bool = False) -> Callable[[AnyKernel], AnyKernel]:
    """Register a function for operators of these names."""

    def register(kernel: AnyKernel) -> AnyKernel:
        for name in names:
            if name in KERNELS:
                raise ValueError(f"the operator {name} is registered twice")
            KERNELS[name] = kernel
            if moves:
                MOVES.add(name)
        return kernel

    return register


def _as_aten(names: Sequence[str], *, moves: bool = False) -> None:
    """Register ATen's own operators."""
    for name in names:
        namespace, packet, overload = name.split(".")
        operator(name, moves=moves)(_by_schema(getattr(getattr(getattr(torch.ops, namespace), packet), overload)))


def _by_schema(overload: OpOverload) -> Kernel:
    """The operator as a function of all its arguments by position, those that its schema wants by keyword too."""
    schema = overload._schema.arguments
    positional = sum(not argument.kwarg_only for argument in schema)
    keywords = [argument.name for argument in schema[positional:]]
    whole = [str(argument.type) in ("int", "Optional[int]") for argument in schema]

    def kernel(*arguments: Any) -> Any:
        # ExecuTorch's writer stores equal constants once: 1.0, where an earlier operator has it, is a later one's 1.
        values = [
            int(value) if is_whole and isinstance(value, float) else value
            for value, is_whole in zip(arguments, whole, strict=True)
        ]
        return overload(*values[:positional], **dict(zip(keywords, values[positional:], strict=True)))

    return kernel


_as_aten(
    [
        "aten.abs.default", "aten.clamp.default", "aten.cos.default", "aten.exp.default", "aten.gelu.default",
        "aten.hardshrink.default", "aten.hardswish.default", "aten.hardtanh.default", "aten.leaky_relu.default",
        "aten.neg.default", "aten.relu.default", "aten.round.default", "aten.rsqrt.default", "aten.sigmoid.default",
        "aten.sin.default", "aten.sqrt.default", "aten.tanh.default",
        "aten.add.Tensor", "aten.div.Tensor", "aten.minimum.default", "aten.mul.Tensor", "aten.pow.Tensor_Scalar",
        "aten.pow.Tensor_Tensor", "aten.sub.Tensor", "aten.where.self",
        "aten.bmm.default", "aten.linear.default", "aten.mm.default", "aten.convolution.default",
        "aten.amax.default", "aten.amin.default", "aten.mean.dim", "aten.sum.dim_IntList",
        "aten._softmax.default", "aten._log_softmax.default",
        "aten.avg_pool2d.default", "aten.max_pool2d.default", "aten.max_pool2d_with_indices.default",
        "aten.native_group_norm.default", "aten.native_layer_norm.default",
        "aten._native_batch_norm_legit_no_training.default",
        "aten.upsample_bilinear2d.vec", "aten.upsample_nearest2d.vec",
    ]
)  # fmt: skip
_as_aten(
    [
        "aten.cat.default", "aten.clone.default", "aten.constant_pad_nd.default", "aten.expand_copy.default",
        "aten.flip.default", "aten.gather.default", "aten.index_select.default", "aten.permute.default",
        "aten.permute_copy.default", "aten.pixel_shuffle.default", "aten.repeat.default", "aten.select_copy.int",
        "aten.slice_copy.Tensor", "aten.split_with_sizes_copy.default", "aten.squeeze_copy.dims",
        "aten.unsqueeze_copy.default", "aten.view_copy.default",
    ],
    moves=True,
)  # fmt: skip


@operator("et_vk.prepack.default", "dim_order_ops._clone_dim_order.default",
          "dim_order_ops._to_dim_order_copy.default", moves=True)  # fmt: skip
def _unchanged(x: Tensor, *_: Any) -> Tensor:
    """A constant made ready, or a copy in another order of memory."""
    return x


@operator("et_vk.conv_with_clamp.default")
def _clamped_convolution(x: Tensor, weight: Tensor, *rest: Any) -> Tensor:
    """A convolution and the activation that follows it; the file has float64's largest number for no bound."""
    *convolution, low, high = rest
    y: Tensor = KERNELS["aten.convolution.default"](x, weight, *convolution)
    largest = torch.finfo(torch.float32).max
    return y.clamp(-largest if low is None else max(low, -largest), largest if high is None else min(high, largest))
