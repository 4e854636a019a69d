"""Convolutions and poolings: kernels, strides, dilation, weights that are computed."""

from collections.abc import Iterator

from efficientmod_export.lint._graph import Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import (
    GUIDE_CAPABILITIES,
    GUIDE_DESIGN,
    GUIDE_MATRIX,
    GUIDE_PITFALLS,
    GUIDE_VISION,
    OLD_KERNELS,
    OLD_MOBILENET,
    OLD_POOLING,
    OLD_UNSUPPORTED,
    STRIDE_ISSUE,
)
from efficientmod_export.lint._text import shape_text
from efficientmod_export.mil import Operation

_CONVOLUTIONS = ("conv", "conv_transpose")
_POOLINGS = ("avg_pool", "max_pool", "l2_pool")
_WIDEST, _TALLEST = 13, 29
_OLD_KERNEL, _OLD_WINDOW = 7, 13
_NATIVE_STRIDES = {1, 2, 3, 4, 8}


def _kernel(graph: Graph, operation: Operation) -> tuple[int, ...]:
    """(height, width), or (depth, height, width); weights are (C_out, C_in / groups, *kernel)."""
    weight = graph.shape(operation, "weight") or ()
    return tuple(length or 1 for length in weight[2:])


@rule(
    "kernel-size",
    f"a convolution kernel wider than {_WIDEST} or taller than {_TALLEST}",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1 measured; 16 wide and 32 tall from the A14 on, by the compiler's tables",
    citations=(
        Citation(GUIDE_DESIGN, "In float16 a width of 13 compiles and 14 is rejected; heights reach 29."),
        Citation(GUIDE_MATRIX, "The limits of each family of chips."),
    ),
    advice="Split it into convolutions of smaller kernels, one after the other or added up over shifted pads.",
)
def kernel_size(graph: Graph) -> Iterator[Finding]:
    """A one-dimensional kernel is a width."""
    for operation in graph.of(*_CONVOLUTIONS):
        kernel = _kernel(graph, operation)
        if kernel and (kernel[-1] > _WIDEST or max(kernel[:-1], default=1) > _TALLEST):
            yield at(operation, f"kernel {shape_text(kernel)}")


@rule(
    "kernel-over-7",
    f"a convolution kernel over {_OLD_KERNEL}",
    effect=Effect.COSTS,
    tier=Tier.DISPUTED,
    citations=(
        Citation(
            OLD_KERNELS, "One user of 2021 saw models split between devices by kernels over 7x7; not all sizes tried."
        ),
        Citation(GUIDE_DESIGN, "Contradicts it: widths up to 13 compile on the M1."),
    ),
    advice="Measure before you change anything; kernels up to 13 wide are measured to compile on the M1.",
)
def kernel_over_7(graph: Graph) -> Iterator[Finding]:
    """Below the measured limit; above it `kernel-size` speaks as well."""
    for operation in graph.of(*_CONVOLUTIONS):
        kernel = _kernel(graph, operation)
        if max(kernel, default=1) > _OLD_KERNEL:
            yield at(operation, f"kernel {shape_text(kernel)}")


@rule(
    "pool-window",
    f"a pooling window over {_OLD_WINDOW}",
    effect=Effect.COSTS,
    tier=Tier.DISPUTED,
    citations=(
        Citation(OLD_MOBILENET, "In 2020 the system's log refused an average pooling 28 wide: more than 13."),
        Citation(OLD_POOLING, "The same limit, seen by the same user on a global pooling."),
        Citation(GUIDE_DESIGN, "Contradicts it: windows of 128 and beyond are accepted on the M1."),
    ),
    advice="Write a global pooling as a mean over the spatial axes, which has no window.",
)
def pool_window(graph: Graph) -> Iterator[Finding]:
    """A global pooling reaches MIL as a reduction, and is not met here."""
    for operation in graph.of(*_POOLINGS):
        window = graph.numbers(operation, "kernel_sizes")
        if max(window, default=1) > _OLD_WINDOW:
            yield at(operation, f"window {shape_text(window)}")


@rule(
    "dilation",
    "a dilated convolution",
    effect=Effect.COSTS,
    tier=Tier.DISPUTED,
    citations=(
        Citation(
            OLD_UNSUPPORTED, "Dilated convolutions are listed as not working, among what the author calls guesses."
        ),
        Citation(GUIDE_VISION, "Contradicts it: they are lowered to space-to-batch by factors of 2, 3, 4, 8."),
        Citation(GUIDE_DESIGN, "Dilation up to 8 compiles on the M1."),
    ),
    advice="Keep dilations among 2, 3, 4 and 8, and measure against a larger dense kernel.",
)
def dilation(graph: Graph) -> Iterator[Finding]:
    """Any dilation above 1."""
    for operation in graph.of(*_CONVOLUTIONS):
        dilations = graph.numbers(operation, "dilations")
        if max(dilations, default=1) > 1:
            yield at(operation, f"dilations {shape_text(dilations)}")


@rule(
    "stride-factor",
    "a stride other than 1, 2, 3, 4, 8",
    effect=Effect.COSTS,
    tier=Tier.MEASURED,
    chips="M1 (strides); a Mac whose chip is not named (compile time)",
    citations=(
        Citation(GUIDE_DESIGN, "A stride outside the native set still compiles, by way of a large-stride path."),
        Citation(GUIDE_MATRIX, "The native factors are 2, 3, 4 and 8."),
        Citation(STRIDE_ISSUE, "With strides 5 and 7 a conversion was not done after five minutes, twice."),
    ),
    advice="Stride in steps of 2, 3, 4 and 8: 6 is a stride of 2 and then one of 3.",
)
def stride_factor(graph: Graph) -> Iterator[Finding]:
    """Convolutions only: of poolings the sources do not speak."""
    for operation in graph.of(*_CONVOLUTIONS):
        strides = graph.numbers(operation, "strides")
        if not _NATIVE_STRIDES.issuperset(strides):
            yield at(operation, f"strides {shape_text(strides)}")


@rule(
    "conv3d",
    "a convolution over three spatial axes",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1; for other chips by compiling for their targets",
    citations=(
        Citation(GUIDE_CAPABILITIES, "A capability byte announces it, and every device's lowering fails."),
        Citation(GUIDE_VISION, "The compiler reports it as not implemented on every backend."),
    ),
    advice="Write it as a sum of convolutions over two axes, one per step of the third.",
)
def conv3d(graph: Graph) -> Iterator[Finding]:
    """By the kernel's rank."""
    for operation in graph.of(*_CONVOLUTIONS):
        kernel = _kernel(graph, operation)
        if len(kernel) > 2:
            yield at(operation, f"kernel {shape_text(kernel)}")


@rule(
    "computed-kernel",
    "a convolution of a batch above 1 whose weight is computed",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1",
    citations=(
        Citation(GUIDE_PITFALLS, "At batch 1 it runs; from batch 2 on the compiler's process dies, every time."),
    ),
    advice="Run it at batch 1, or write it as a matrix product.",
)
def computed_kernel(graph: Graph) -> Iterator[Finding]:
    """Stored weights, compressed or not, are not computed."""
    for operation in graph.of(*_CONVOLUTIONS):
        batch = (graph.shape(operation, "x") or (1,))[0]
        if graph.computed(operation, "weight") and (batch is None or batch > 1):
            yield at(operation, f"batch {batch or 'open'}")
