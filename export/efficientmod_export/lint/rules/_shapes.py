"""Shapes that are known only when the program runs."""

from collections.abc import Iterator

from efficientmod_export.lint._graph import Flexibility, Graph
from efficientmod_export.lint._rule import Citation, Effect, Finding, Tier, at, rule
from efficientmod_export.lint._sources import DYNAMIC_BOUNDS, FLEXIBLE_INPUTS, LAYER_NORM_ISSUE, RANGE_THREAD
from efficientmod_export.lint._text import shape_text

_BOUNDS = {
    "range_1d": ("start", "end", "step"),
    "slice_by_index": ("begin", "end"),
    "slice_by_size": ("begin", "size"),
    "slice_update": ("begin", "end"),
}


@rule(
    "dynamic-shape",
    "an input whose shape may vary",
    effect=Effect.COSTS,
    tier=Tier.APPLE,
    citations=(
        Citation(
            RANGE_THREAD,
            "An Apple engineer: of a range only the default shape runs on the engine, of enumerated shapes each may.",
        ),
        Citation(
            FLEXIBLE_INPUTS,
            "Enumerated shapes perform best. From iOS 17.4 on the hint reshapeFrequency = Infrequent lets flexible "
            "shapes run on the engine.",
        ),
    ),
    advice="Convert for one fixed shape, or for a few with EnumeratedShapes.",
)
def dynamic_shape(graph: Graph) -> Iterator[Finding]:
    """One finding per input."""
    for variable in graph.function.inputs:
        if variable.name in graph.flexible:
            how = graph.flexible[variable.name].value
            yield Finding(variable.name, "input", None, f"{shape_text(variable.shape)}, {how}")


@rule(
    "norm-of-enumerated-shape",
    "layer_norm in a program with enumerated shapes",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="a Mac whose chip is not named (Xcode's report, macOS of 2023)",
    citations=(
        Citation(
            LAYER_NORM_ISSUE,
            "With LayerNorm an enumerated input took 175 ms, off the engine; fixed and range shapes took 20 ms on it.",
        ),
    ),
    advice="Convert for one fixed shape, or write the norm with reduce_mean, sub, mul and rsqrt.",
)
def norm_of_enumerated_shape(graph: Graph) -> Iterator[Finding]:
    """The report is about any enumerated input of the program."""
    if Flexibility.ENUMERATED in graph.flexible.values():
        for operation in graph.of("layer_norm"):
            yield at(operation, f"gives {shape_text(operation.outputs[0].shape)}")


@rule(
    "computed-bounds",
    f"bounds that are computed, in {', '.join(_BOUNDS)}",
    effect=Effect.FORBIDS,
    tier=Tier.MEASURED,
    chips="a Mac whose chip is not named (macOS of September 2026)",
    citations=(
        Citation(
            DYNAMIC_BOUNDS,
            "A tensor shaped by a run-time value (a range's limit, a slice's bound) makes the plan for the engine "
            "fail; shapes that follow from an input's do not.",
        ),
    ),
    advice="Make the bounds constants, or cut outside the model.",
)
def computed_bounds(graph: Graph) -> Iterator[Finding]:
    """One finding per operator."""
    for operation in graph.of(*_BOUNDS):
        held = graph.computed(operation, *_BOUNDS[operation.kind])
        if held:
            yield at(operation, f"reads {', '.join(variable.name for variable in held)}")
