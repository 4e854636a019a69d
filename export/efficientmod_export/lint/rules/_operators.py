"""Operators that the engine does not have, or has on some chips only."""

from collections.abc import Iterator

from efficientmod_export.lint._graph import Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import (
    DECODER_PLAN,
    DETECTOR_PLAN,
    GRID_SAMPLE_ISSUE,
    GUIDE_CAPABILITIES,
    GUIDE_DESIGN,
    GUIDE_MATRIX,
    OLD_UNSUPPORTED,
    RECURRENT_ISSUE,
)
from efficientmod_export.lint._text import from_to

_BY_TABLES = "M1, M2, M5 measured; M3, M4 by the compiler's tables"

_CURVES = {"acos", "asin", "atanh", "cosh", "sinh", "tan"}
_LOGIC = {"logical_and", "logical_or", "logical_xor", "mod", "reduce_prod"}
_INDEXING = {"band_part", "non_zero", "one_hot", "reverse_sequence", "scatter", "scatter_along_axis", "scatter_nd"}
_LISTS = {"list_gather", "list_length", "list_read", "list_scatter", "list_write", "make_list"}
_RANDOM = {"random_bernoulli", "random_categorical", "random_normal"}
_OTHERS = {"non_maximum_suppression", "shape", "sliding_windows"}
NO_PATH = _CURVES | _LOGIC | _INDEXING | _LISTS | _RANDOM | _OTHERS
SINCE_CHIP = {
    "affine": "M2",
    "argsort": "M2",
    "cos": "M3",
    "crop_resize": "M2",
    "gather_nd": "M2",
    "random_uniform": "M3",
    "reduce_argmin": "M3",
    "resample": "M2",
    "sin": "M3",
}
_RESIZE = ("resize", "resize_bilinear", "resize_nearest_neighbor", "upsample_bilinear", "upsample_nearest_neighbor")
_NATIVE_FACTORS = {1, 2, 3, 4, 8}


@rule(
    "recurrent",
    "a recurrent cell: gru, lstm, rnn",
    effect=Effect.FORBIDS,
    tier=Tier.APPLE,
    citations=(
        Citation(RECURRENT_ISSUE, "A coremltools developer: RNN and LSTM operators are not supported on the engine."),
        Citation(GUIDE_MATRIX, "The three cells have no path on any chip from the M1 to the M5."),
    ),
    advice="Unroll the cell into linear layers and activations, or replace it by convolutions.",
)
def recurrent(graph: Graph) -> Iterator[Finding]:
    """Recurrent cells by name."""
    for operation in graph.of("gru", "lstm", "rnn"):
        yield at(operation, "no path on any chip")


@rule(
    "no-engine-path",
    f"an operator without a path on any chip: {', '.join(sorted(NO_PATH))}",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips=_BY_TABLES,
    citations=(
        Citation(GUIDE_MATRIX, "Its table of 187 operators marks these as rejected, or run elsewhere, on every chip."),
        Citation(GUIDE_CAPABILITIES, "Rewrite them: a product as a sum of logarithms, a logical and as a minimum."),
    ),
    advice="Rewrite the operator (logical and: minimum; product: exp of a sum of logs), move it out of the model, or "
    "make its result a constant.",
)
def no_engine_path(graph: Graph) -> Iterator[Finding]:
    """The recurrent cells stand in the same table, and have a rule with a better source."""
    for operation in graph.of(*NO_PATH):
        yield at(operation, "no path on any chip")


@rule(
    "later-chips",
    f"an operator that older chips lack: {', '.join(f'{kind} ({chip})' for kind, chip in sorted(SINCE_CHIP.items()))}",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips=_BY_TABLES,
    citations=(
        Citation(GUIDE_MATRIX, "Each is native from the chip in brackets (M2 is of A14's family, M3 of A15's)."),
        Citation(GRID_SAMPLE_ISSUE, "resample (grid_sample) was seen on the CPU in Xcode's report, macOS of 2023."),
    ),
    advice="For older phones, compute it outside the model or write it with other operators.",
)
def later_chips(graph: Graph) -> Iterator[Finding]:
    """The chip is the first whose engine runs the operator."""
    for operation in graph.of(*SINCE_CHIP):
        yield at(operation, f"from {SINCE_CHIP[operation.kind]} on")


@rule(
    "gather",
    "gather or gather_along_axis",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1 (its envelope); a published compute plan without the chip's name",
    citations=(
        Citation(DECODER_PLAN, "The two gathers that it begins with list the CPU as their only device."),
        Citation(
            GUIDE_CAPABILITIES, "On the M1 only batch 1, depth 1 and a three-element index; the compiler aborts else."
        ),
        Citation(OLD_UNSUPPORTED, "Gather is among the layers known not to work."),
    ),
    advice="With indices known beforehand, use slices and concat, or a product with a constant selection matrix.",
)
def gather(graph: Graph) -> Iterator[Finding]:
    """`gather_nd` is told by chip, in `later-chips`."""
    for operation in graph.of("gather", "gather_along_axis"):
        yield at(operation, from_to(graph.computed(operation, "x"), operation.outputs))


@rule(
    "topk",
    "topk",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M3 Pro (ML compute plan, macOS 27); M1",
    citations=(
        Citation(DETECTOR_PLAN, "In four detectors topk and what reads its indices were all that was left on the CPU."),
        Citation(GUIDE_MATRIX, "Rejected on the M1, native from the M2 on: the plan above says otherwise."),
    ),
    advice="Return the scores and choose outside the model.",
)
def topk(graph: Graph) -> Iterator[Finding]:
    """Whatever reads the indices has a rule of its own, or none."""
    for operation in graph.of("topk"):
        yield at(operation, from_to(graph.computed(operation, "x"), operation.outputs))


@rule(
    "resize-in-software",
    f"resampling: {', '.join(_RESIZE)}",
    effect=Effect.COSTS,
    tier=Tier.MEASURED,
    chips="M1 measured; native from the M2 on",
    citations=(
        Citation(GUIDE_MATRIX, "The M1 has no texture engine and falls back to software, with other rounding."),
    ),
    advice="Where the M1 and A13 matter, upsample by whole factors with a transposed convolution.",
)
def resize_in_software(graph: Graph) -> Iterator[Finding]:
    """Resampling by name."""
    for operation in graph.of(*_RESIZE):
        yield at(operation, from_to(graph.computed(operation, "x"), operation.outputs))


@rule(
    "tile-factor",
    "tile by a factor other than 2, 3, 4, 8",
    effect=Effect.COSTS,
    tier=Tier.MEASURED,
    chips=_BY_TABLES,
    citations=(Citation(GUIDE_MATRIX, "tile is native with factors of 2, 3, 4 and 8."),),
    advice="Tile in steps (6 is 2 then 3), repeat rows of the weight that makes the tensor, or concat.",
)
def tile_factor(graph: Graph) -> Iterator[Finding]:
    """What the compiler does with another factor the source does not say."""
    for operation in graph.of("tile"):
        factors = graph.numbers(operation, "reps")
        if not _NATIVE_FACTORS.issuperset(factors):
            yield at(operation, f"by {factors}")


@rule(
    "pad-reflect",
    "padding by reflection",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="M1",
    citations=(
        Citation(GUIDE_MATRIX, "Reflecting pads belong to the texture engine: software on the M1, native from the M2."),
        Citation(GUIDE_DESIGN, "Without the texture engine they are decomposed or refused."),
    ),
    advice="Pad with zeros, or build the border with slices and concat.",
)
def pad_reflect(graph: Graph) -> Iterator[Finding]:
    """MIL's modes are constant, reflect and replicate."""
    for operation in graph.of("pad"):
        if graph.text(operation, "mode") == "reflect":
            yield at(operation, from_to(graph.computed(operation, "x"), operation.outputs))


@rule(
    "pad-channels",
    "padding of another axis than the last two",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="no chip: the compiler's own message, found by decompilation",
    citations=(
        Citation(GUIDE_DESIGN, "Pad takes height and width only; the validator says that channels are not supported."),
    ),
    advice="Concat zeros, or let the layer before it give the channels (zero rows in its weight).",
)
def pad_channels(graph: Graph) -> Iterator[Finding]:
    """MIL pads the last axes that `pad` has pairs for; reading (N, C, H, W), the last two are height and width."""
    for operation in graph.of("pad"):
        amounts = graph.numbers(operation, "pad")
        if any(amounts[:-4]):
            yield at(operation, f"by {amounts}")
