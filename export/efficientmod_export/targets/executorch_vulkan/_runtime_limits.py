"""What ExecuTorch's Vulkan runtime computes wrongly or does not load: a table that every file is held against.

No wheel has that runtime. Version 1.4.1 was built from its sources and run on two software drivers, Mesa's lavapipe and
SwiftShader; the sources of 1.4.1 say the same, and where they say more than was run, the row says "by the sources".
Run and right: convolutions without groups, depthwise ones of 3x3 and 5x5, linear, matrix products, LayerNorm with
weight and bias, permute, cat, slice, pools, SiLU, hard swish, reductions that keep their axes. Read and not run:
GroupNorm, resizing, transposed convolutions, powers, and the depthwise 3x3 that Mali GPUs have to themselves.
"""

from dataclasses import dataclass

from efficientmod_export.targets.executorch_vulkan import _runtime_conditions as kinds
from efficientmod_export.targets.executorch_vulkan._graph import Graph
from efficientmod_export.targets.executorch_vulkan._runtime_conditions import CONVOLUTIONS

VERSIONS = "ExecuTorch 1.4.1"
"""What the rows are known of."""

SOFTMAXES = ("aten._softmax.default", "aten._log_softmax.default")
LAYERS = ("aten.linear.default", "aten.addmm.default")
REDUCTIONS = ("aten.mean.dim", "aten.sum.dim_IntList", "aten.amax.default", "aten.amin.default")
RESIZES = ("aten.upsample_nearest2d.vec", "aten.upsample_bilinear2d.vec")
MISSING = (
    "aten.ge.Scalar", "aten.gt.Scalar", "aten.le.Scalar", "aten.lt.Scalar", "aten.ne.Scalar",
    "aten.logical_not.default", "aten.alias_copy.default", "aten.copy.default", "aten.t_copy.default",
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """One row: which calls of these operators it is about, what happens there, and what to do."""

    operators: tuple[str, ...]
    applies: kinds.Condition
    happens: str
    versions: str = VERSIONS


LIMITS: tuple[Limit, ...] = (
    Limit(
        CONVOLUTIONS,
        kinds.of_convolution(lambda it: it.depthwise and not it.own_kernel and any(it.padding)),
        "the last columns are wrong: a depthwise kernel that is not 3x3 or 5x5 counts its taps wrongly in the padding",
    ),
    Limit(
        CONVOLUTIONS,
        kinds.of_convolution(lambda it: it.depthwise and not it.own_kernel and it.stride != it.dilation),
        "it aborts when it loads: a depthwise kernel that is not 3x3 or 5x5 exists only for a stride like the dilation",
    ),
    Limit(
        CONVOLUTIONS,
        kinds.of_convolution(kinds.grouped),
        "wrong: groups are ignored by 1x1 kernels and transposed ones (the latter by the sources), and right in larger "
        "ones only where each has a multiple of four channels, in and out",
    ),
    Limit(
        CONVOLUTIONS,
        kinds.of_convolution(lambda it: it.transposed and max(it.dilation) > 1),
        "it aborts when it loads, by the sources: transposed convolutions are there without dilation only",
    ),
    Limit(
        CONVOLUTIONS,
        lambda graph, call: isinstance(graph.argument(call, 8), float),
        "it aborts when it loads, by the sources: the number of groups is stored with a fraction, as an equal constant "
        "of an earlier operator was",
    ),
    Limit(
        ("aten.gelu.default",),
        kinds.always,
        "it is the tanh form of GELU (5e-4 away), and NaN for large values where the driver's tanh overflows",
    ),
    Limit(
        SOFTMAXES,
        kinds.leaves_rows,
        "undefined, zeros in the last rows on lavapipe: threads leave before a barrier where the rows are no multiple "
        "of four",
    ),
    Limit(
        ("aten.native_layer_norm.default",),
        kinds.lacks_affine,
        "it aborts when it loads: LayerNorm is there over one axis only, with weight and bias",
    ),
    Limit(
        ("aten.native_group_norm.default",),
        kinds.lacks_group_affine,
        "it aborts when it loads, by the sources: GroupNorm is there with weight and bias only",
    ),
    Limit(
        ("aten._native_batch_norm_legit_no_training.default",),
        kinds.not_an_image,
        "it aborts when it loads, by the sources: BatchNorm is there for tensors of four axes only",
    ),
    Limit(
        LAYERS,
        kinds.unlike_rows,
        "wrong, by the sources: of a tensor of four axes only what belongs to the first of the first axis is computed, "
        "and one of a single axis aborts",
    ),
    Limit(
        REDUCTIONS,
        kinds.reduces_channels_of_batch,
        "it aborts when it loads, by the sources: a batch of images is not reduced over its channels",
    ),
    Limit(
        REDUCTIONS,
        kinds.reduces_batch,
        "undefined, by the sources: a tensor of four axes is reduced over the first, which the texture does not have",
    ),
    Limit(
        ("aten.upsample_nearest2d.vec",),
        kinds.resized_by_fraction,
        "wrong, by the sources: the nearest pixel is found by its centre, which is PyTorch's only for whole factors",
    ),
    Limit(
        RESIZES,
        kinds.cut_after_scaling,
        "it aborts when it loads, by the sources: the size times the factor must be whole",
    ),
    Limit(
        ("aten.upsample_bilinear2d.vec",),
        kinds.corners_of_one,
        "not a number, by the sources: aligned corners of a single row or column are divided by zero",
    ),
    Limit(
        ("aten.pow.Tensor_Tensor",),
        kinds.negative_base,
        "undefined for negative numbers, by the sources: the power of two tensors is the shading language's own",
    ),
    Limit(
        ("aten.pow.Tensor_Scalar",),
        kinds.odd_root_of_negative,
        "the sign of negative numbers is lost, by the sources: only exponents above zero are looked at for being odd",
    ),
    Limit(
        MISSING, kinds.always, "it aborts when it loads: the partitioner takes the operator, and the runtime lacks it"
    ),
)


def broken_limits(graph: Graph) -> tuple[str, ...]:
    """A sentence for each row that a program breaks, with the first call that does and how many others do."""
    sentences = []
    for limit in LIMITS:
        found = [call for call in graph.calls if call.name in limit.operators and limit.applies(graph, call)]
        if found:
            others = f" and {len(found) - 1} more" if found[1:] else ""
            sentences.append(f"{graph.text(found[0])}{others}: {limit.happens} ({limit.versions})")
    return tuple(sentences)
