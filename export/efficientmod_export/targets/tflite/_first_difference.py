"""The first operator of a file whose result differs on the GPU, by showing the tensors between as further outputs."""

from collections.abc import Callable, Sequence

from efficientmod_export.targets.tflite._any_file import AnyFile
from efficientmod_export.targets.tflite._gpu_limits import gpu_findings

AT_ONCE = 16
"""Tensors shown in one run. A kernel that was joined from several operators comes apart where one of them is shown, so
that all at once would show another file."""

Differing = Callable[[Sequence[int]], set[int] | None]


def first_difference(file: AnyFile, differing: Differing) -> str | None:
    """Name it, with what the table of known faults says of it.

    `differing` gives which of these tensors differ, None where the file with them as outputs does not run. Where the
    fault is gone as soon as it is looked at, the operators between are named.
    """
    if not file.can_show_more or not file.operators:
        return None
    ends = {end.index for end in file.outputs}
    operators = [(place, index) for place, index in file.computed() if index not in ends]
    before, after = -1, len(operators)
    while after - before > 1:
        step = max((after - before) / (AT_ONCE + 1), 1.0)
        count = min(AT_ONCE, after - before - 1)
        chosen = sorted(
            {before + round(step * (number + 1)) for number in range(count)} & set(range(before + 1, after))
        )
        found = differing([operators[one][1] for one in chosen])
        if found is None:
            break
        wrong = next((one for one in chosen if operators[one][1] in found), None)
        right = [one for one in chosen if wrong is None or one < wrong]
        before, after = max([before, *right]), after if wrong is None else wrong
    return _named(file, operators, before, after)


def _named(file: AnyFile, operators: list[tuple[int, int]], before: int, after: int) -> str:
    start = operators[before][0] if before >= 0 else -1
    end = operators[after][0] if after < len(operators) else len(file.operators) - 1
    between = file.operators[start + 1 : end + 1]
    known = {found.name: found.limit.sentence for found in gpu_findings(file.data)}
    joined = [reader for tensor in between[-1].outputs[:1] for reader in tensor.readers]  # may be one kernel with it
    suspects = [operator for operator in (*between, *joined) if operator.name in known]
    named = suspects[:1] or ([between[-1]] if after < len(operators) or len(between) == 1 else [])
    if not named:
        first = between[0]
        return f"from {first.text} {first.name!r} on, {len(between)} operators that are right by themselves"
    name = named[0].name
    return f"{named[0].text} {name!r}" + (f": {known[name]}" if name in known else "")
