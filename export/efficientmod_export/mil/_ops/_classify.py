"""The classifier's last operator."""

from torch import Tensor

from efficientmod_export.mil._registry import Ints, Strings, operator


@operator("classify")
def classify(probabilities: Tensor, classes: Strings | Ints) -> tuple[str | int, dict[str | int, float]]:
    """The label of the largest probability, and every label's probability."""
    values = probabilities.flatten().tolist()
    if len(values) != len(classes):
        raise ValueError(f"{len(values)} probabilities for {len(classes)} labels")
    by_label: dict[str | int, float] = dict(zip(classes, values, strict=True))
    return classes[values.index(max(values))], by_label
