"""How tensors lie in memory: ranks, last axes, transposes and reshapes, the products of attention."""

import math
from collections.abc import Iterator, Sequence

from efficientmod_export.lint._graph import Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import TRANSFORMERS_ARTICLE
from efficientmod_export.lint._text import from_to, gives, shape_text
from efficientmod_export.mil import Variable

ROW_BYTES = 64
_WIDTH = {"fp16": 2, "fp32": 4, "int32": 4, "int16": 2, "uint16": 2}
_ONE_FORM = "Keep tensors as (N, C, H, W), or (N, C, 1, S) for sequences; merge the axes that need not be apart."


@rule(
    "rank-above-4",
    "a computed tensor of rank 5",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TRANSFORMERS_ARTICLE, "The form that suits the engine's hardware and software best is 4D, channels first."
        ),
    ),
    advice=_ONE_FORM,
)
def rank_above_4(graph: Graph) -> Iterator[Finding]:
    """One finding per operator: an output that the others reshape is theirs as well."""
    for operation in graph.operations:
        high = [output for output in operation.outputs if len(output.shape) > 4 and output.name in graph.activations]
        if high:
            yield at(operation, gives(high[0]))


@rule(
    "linear-channels-last",
    "a linear layer over the last axis of a tensor of rank 3 or more",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TRANSFORMERS_ARTICLE,
            "Linear layers want channels last and rank 3, which is not the engine's form; they were all replaced by "
            "1x1 convolutions over (B, C, 1, S).",
        ),
    ),
    advice="Write it as a 1x1 convolution over (N, C, H, W); the weight gains two axes of length 1.",
)
def linear_channels_last(graph: Graph) -> Iterator[Finding]:
    """A linear layer of rank 2, as a network's head is, has one row and nothing to keep apart."""
    for operation in graph.of("linear"):
        for variable in graph.computed(operation, "x"):
            if len(variable.shape) > 2:
                yield at(operation, f"reads {shape_text(variable.shape)}")


def _row_bytes(variable: Variable) -> int | None:
    """Bytes of one row along the last axis; None for what has no rows of known length."""
    if len(variable.shape) < 3 or variable.dtype not in _WIDTH:
        return None
    length = variable.shape[-1]
    return length * _WIDTH[variable.dtype] if length else None


def _padding(variable: Variable, row: int) -> str:
    rows = math.prod(length or 1 for length in variable.shape[:-1])
    return f"{gives(variable)}: {rows * row} bytes take {rows * math.ceil(row / ROW_BYTES) * ROW_BYTES}"


@rule(
    "last-axis-one",
    "a tensor of rank 3 or more whose last axis is 1 long",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TRANSFORMERS_ARTICLE,
            "The last axis is not packed but padded to 64 bytes: at length 1 a float16 buffer takes 32 times its size, "
            "which drives it out of the cache.",
        ),
    ),
    advice="Put the widest axis last, for example (N, C, 1, S) instead of (N, S, C, 1). Small tensors, as after a "
    "global pooling, cost little.",
)
def last_axis_one(graph: Graph) -> Iterator[Finding]:
    """The extreme case of `last-axis-padded`, told apart because the factor is known from Apple."""
    for operation in graph.operations:
        for output in operation.outputs:
            row = _row_bytes(output) if output.name in graph.activations else None
            if row and output.shape[-1] == 1:
                yield at(operation, _padding(output, row))


@rule(
    "last-axis-padded",
    "a tensor of rank 3 or more whose last axis fills at most half of the 64 bytes that it is padded to",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TRANSFORMERS_ARTICLE,
            "The last axis must be contiguous and aligned to 64 bytes, and it alone: the longest axis belongs there.",
        ),
    ),
    advice="Join the short spatial axes, (N, C, 7, 7) to (N, C, 1, 49), or put a longer axis last.",
)
def last_axis_padded(graph: Graph) -> Iterator[Finding]:
    """Half is this rule's own bound: below it more is padding than is data."""
    for operation in graph.operations:
        for output in operation.outputs:
            row = _row_bytes(output) if output.name in graph.activations else None
            if row and output.shape[-1] != 1 and 2 * row <= ROW_BYTES:
                yield at(operation, _padding(output, row))


_COPIES = (
    Citation(
        TRANSFORMERS_ARTICLE,
        "As at least one axis of a buffer is not packed, reshapes and transposes are likely to copy memory; the "
        "reference implementation has no reshape and one transpose, of the keys.",
    ),
)


@rule(
    "transpose-between-heavy",
    "a transpose with heavy operators (convolutions, linear layers, matrix products) before and after it",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=_COPIES,
    advice="Keep one layout from the first heavy operator to the last: channels first, 1x1 convolutions for linear "
    "layers, normalisation over axis 1.",
)
def transpose_between_heavy(graph: Graph) -> Iterator[Finding]:
    """At the program's ends a transpose is paid once, and may be the price of a layout that suits the middle."""
    for operation in graph.of("transpose"):
        if graph.between_heavy(operation):
            perm = graph.numbers(operation, "perm")
            yield at(operation, f"{from_to(graph.computed(operation, 'x'), operation.outputs)} by {perm}")


@rule(
    "reshape-between-heavy",
    "a reshape with heavy operators before and after it",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=_COPIES,
    advice="Split channels by slicing or by one layer per part instead of reshaping them into a new axis; keep the "
    "spatial axes joined, or apart, throughout.",
)
def reshape_between_heavy(graph: Graph) -> Iterator[Finding]:
    """Adding and removing axes of length 1 moves nothing, whether `reshape` does it or `expand_dims` and `squeeze`."""
    for operation in graph.of("reshape"):
        before, after = (_long_axes(held) for held in (graph.computed(operation, "x"), operation.outputs))
        if before != after and graph.between_heavy(operation):
            yield at(operation, from_to(graph.computed(operation, "x"), operation.outputs))


def _long_axes(variables: Sequence[Variable]) -> list[int | None]:
    return [length for variable in variables for length in variable.shape if length != 1]


@rule(
    "attention-all-heads",
    "one matrix product of computed tensors for several attention heads",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            TRANSFORMERS_ARTICLE,
            "Queries, keys and values are split into a list of single-head attentions: smaller pieces stay in the "
            "cache and use the cores better.",
        ),
    ),
    advice="Split queries, keys and values by head and write one small attention per head, in (N, C, 1, S).",
)
def attention_all_heads(graph: Graph) -> Iterator[Finding]:
    """The heads are the axes before the last two, besides the batch of a tensor of rank 4."""
    for operation in graph.of("matmul", "scaled_dot_product_attention"):
        operands = graph.computed(operation, "x", "y", "query", "key")
        if len(operands) < 2:
            continue
        shapes = [operand.shape for operand in operands]
        if any((length or 1) > 1 for shape in shapes for length in (shape[1:-2] if len(shape) > 3 else shape[:-2])):
            yield at(operation, " and ".join(map(shape_text, shapes)))
