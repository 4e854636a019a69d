"""Types: what is not float16, what is stored in blocks, and where values are altered."""

from collections.abc import Iterator

import torch

from efficientmod_export.lint._graph import Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import (
    GUIDE_CAPABILITIES,
    GUIDE_DESIGN,
    GUIDE_MATRIX,
    GUIDE_PITFALLS,
    QUANTIZATION_PERFORMANCE,
    TYPED_EXECUTION,
)
from efficientmod_export.lint._text import shape_text


@rule(
    "float32",
    "an operator that computes in float32",
    effect=Effect.FORBIDS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TYPED_EXECUTION,
            "A program typed float16 is eligible for the engine, GPU and CPU; one typed float32 runs on GPU and CPU.",
        ),
        Citation(GUIDE_CAPABILITIES, "float32 is an annotation that no backend of the engine implements."),
    ),
    advice="Convert with compute_precision FLOAT16. An island of float32 costs two casts and a change of device; one "
    "at the very front or end costs least.",
)
def float32(graph: Graph) -> Iterator[Finding]:
    """Casts are the border of an island, not a part of it; nor is the scale and bias of a picture, which coremltools
    puts before the first cast under names of its own, and no precision of the conversion changes.
    """
    own = {f"{taken.name}__{part}__" for taken in graph.function.inputs for part in ("scaled", "biased")}
    for operation in graph.operations:
        if operation.kind == "cast" or any(output.name in own for output in operation.outputs):
            continue
        wide = [output for output in operation.outputs if output.dtype == "fp32" and output.name in graph.activations]
        if wide:
            yield at(operation, f"gives {shape_text(wide[0].shape)} in float32")


@rule(
    "cast-to-int32",
    "a cast to int32",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1",
    citations=(
        Citation(GUIDE_DESIGN, "The M1 rejects a cast to int32; integer annotations do not reach the silicon."),
        Citation(GUIDE_MATRIX, "The row of cast says the same."),
    ),
    advice="Keep the values in float16 (floor and round are native), or compute indices outside the model.",
)
def cast_to_int32(graph: Graph) -> Iterator[Finding]:
    """Of casts to narrower integers the sources do not speak."""
    for operation in graph.of("cast"):
        if operation.outputs[0].dtype == "int32":
            yield at(operation, f"gives {shape_text(operation.outputs[0].shape)}")


@rule(
    "slice-last-axis",
    "a slice of the last axis that does not begin at 0",
    effect=Effect.ALTERS,
    tier=Tier.MEASURED,
    chips="M1, M2",
    citations=(
        Citation(GUIDE_PITFALLS, "The copy multiplies by 16 on its way: what exceeds 4094 becomes infinite."),
        Citation(GUIDE_MATRIX, "The M1 and M2 do it, the M3 and later do not."),
    ),
    advice="Slice another axis (channels first), or make sure that no value there exceeds 4094.",
)
def slice_last_axis(graph: Graph) -> Iterator[Finding]:
    """Of a split, which coremltools writes for chunks of one size, the source does not speak."""
    for operation in graph.of("slice_by_index", "slice_by_size"):
        begin = graph.numbers(operation, "begin")
        skipped = graph.numbers(operation, "begin_mask")
        if begin and begin[-1] != 0 and not (skipped and skipped[-1]):
            yield at(operation, f"from {begin[-1]} on")


@rule(
    "blockwise-weights",
    "weights quantised in blocks of input channels",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(QUANTIZATION_PERFORMANCE, "Per-block scales are for the GPU; on the engine, use per-channel scales."),
        Citation(GUIDE_MATRIX, "Blockwise weights are unpacked to float16 beforehand on the M1 and M2."),
    ),
    advice="Quantise with one scale per output channel, or palettise.",
)
def blockwise_weights(graph: Graph) -> Iterator[Finding]:
    """A scale has one value per block: one that is longer than 1 past the first axis has blocks there."""
    for operation in graph.of("constexpr_blockwise_shift_scale", "constexpr_sparse_blockwise_shift_scale"):
        scale = graph.shape(operation, "scale") or ()
        if torch.Size([length or 1 for length in scale[1:]]).numel() > 1:
            yield at(operation, f"scales {shape_text(scale)}")
