"""Turn a saved Core ML model into a classifier: add the operator and the features that Vision and Xcode need.

coremltools can do this in the conversion, but only for a model whose only output is the probabilities; ours also has
the logits. The same operator and features are written here as by coremltools.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABEL = "classLabel"
PROBABILITIES = "classLabel_probs"
PROBABILITY_TOLERANCE = 5e-3
"""Of a softmax in float16, whose sum rounds by 1e-3."""


def add_classifier(spec: Any, probabilities: str, labels: tuple[str, ...], *, keep: bool = False) -> None:
    """Turn the float32 output `probabilities` of an ML program into a label and a dictionary of probabilities.

    Both come before the model's other outputs; the output itself stays one of these only with `keep`.
    """
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    _append_classify(block, probabilities, _distinct(labels))
    block.outputs[:] = [LABEL, PROBABILITIES, *(name for name in block.outputs if keep or name != probabilities)]

    description = spec.description
    others = [feature for feature in description.output if keep or feature.name != probabilities]
    description.ClearField("output")
    description.output.add(name=LABEL).type.stringType.SetInParent()
    description.output.add(name=PROBABILITIES).type.dictionaryType.stringKeyType.SetInParent()
    description.output.extend(others)
    description.predictedFeatureName = LABEL
    description.predictedProbabilitiesName = PROBABILITIES


def check_classes(label: Any, probabilities: Mapping[str, float], scores: NDArray[Any]) -> None:
    """Raise ValueError where the label and the probabilities of a prediction are not those of its scores (1, classes).

    Scores that add up to 1 are the probabilities; of others these are the softmax. Scores in [0, 1] may be either: the
    network may end in a sigmoid for each class.
    """
    exact = scores[0].astype(np.float64)
    powers = np.exp(exact - exact.max())
    within = bool(((exact >= 0) & (exact <= 1 + PROBABILITY_TOLERANCE)).all())
    already = within and abs(float(exact.sum()) - 1.0) <= PROBABILITY_TOLERANCE
    expected = [exact] if already else [powers / powers.sum(), *([exact] if within else [])]
    given = np.array(list(probabilities.values()))
    if not any(_close(given, one) for one in expected):
        raise ValueError(f"{PROBABILITIES} are not the {'scores' if already else 'softmax of the scores'}")
    chosen = list(probabilities).index(label) if label in probabilities else -1
    if chosen < 0 or given.max() - given[chosen] > PROBABILITY_TOLERANCE:
        raise ValueError(f"{LABEL} is {label!r}, which has not the greatest probability")


def _close(given: NDArray[Any], expected: NDArray[Any]) -> bool:
    return given.shape == expected.shape and np.allclose(given, expected, rtol=0, atol=PROBABILITY_TOLERANCE)


def _append_classify(block: Any, probabilities: str, labels: list[str]) -> None:
    from coremltools.proto import MIL_pb2

    operation = block.operations.add(type="classify")
    operation.inputs["probabilities"].arguments.add(name=probabilities)
    classes = operation.inputs["classes"].arguments.add().value
    classes.type.listType.type.CopyFrom(_string_type(MIL_pb2))
    classes.type.listType.length.constant.size = len(labels)
    classes.immediateValue.list.values.extend(_string(MIL_pb2, label) for label in labels)
    operation.attributes["name"].CopyFrom(_string(MIL_pb2, "classify_0"))

    operation.outputs.add(name=LABEL).type.CopyFrom(_string_type(MIL_pb2))
    kind = operation.outputs.add(name=PROBABILITIES).type.dictionaryType
    kind.keyType.CopyFrom(_string_type(MIL_pb2))
    kind.valueType.tensorType.dataType = MIL_pb2.FLOAT64


def _string(mil: Any, text: str) -> Any:
    value = mil.Value(type=_string_type(mil))
    value.immediateValue.tensor.strings.values.append(text)
    return value


def _string_type(mil: Any) -> Any:
    kind = mil.ValueType()
    kind.tensorType.dataType = mil.STRING
    return kind


def _distinct(labels: tuple[str, ...]) -> list[str]:
    """Labels are a dictionary's keys, so a repeated one (ImageNet has two cranes) gets a number."""
    distinct: dict[str, None] = {}
    for label in labels:
        name, numbers = label, count(2)
        while name in distinct:
            name = f"{label} ({next(numbers)})"
        distinct[name] = None
    return list(distinct)
