"""What a bundle records of an artifact, held against what was measured now."""

from collections.abc import Iterator, Mapping, Sequence

from efficientmod_export.bundle.contract import ArtifactEntry, ArtifactEvidence, Check, Manifest, UnitProof

GREATER_BETTER = ("cosine", "sqnr_db")
SMALLER_BETTER = ("max_relative_error", "mean_relative_error", "displacement")
FACTOR, FLOOR = 10.0, 1e-6
"""The same file differs in the last bits on another machine: an error may be so many times the recorded one, and so
much of the range more.
"""


def unchecked(manifest: Manifest, checks: Mapping[str, Sequence[Check]]) -> str:
    """A sentence with what the manifest states and no run shows; `checks` are those of this run by the artifact's file.

    What runs here is held against the reference's outputs, and the preprocessing against the golden tensors; so what
    is left is where things come from, what they are called, and what is said of other machines.
    """
    stated = [f"the weights ({manifest.model.weights.statement})"]
    if manifest.labels is not None:
        stated.append(f"the {manifest.labels.count} class names")
    stated += [f"that outputs are {one}" for one in dict.fromkeys(output.meaning for output in manifest.outputs)]
    least = dict.fromkeys(f"{entry.runtime} {entry.least_runtime}" for entry in manifest.artifacts)
    stated.append(f"the least runtimes ({', '.join(least)})")
    for entry in manifest.artifacts:
        ran = [check for check in checks.get(entry.file, ()) if check.verdict.outcome != "not run here"]
        places = {(check.unit, check.compute_precision) for check in ran if check.gate == "runtime"}
        stated += [
            f"{entry.file} {proof.state} on {proof.unit} in {proof.compute_precision}"
            for proof in entry.proofs
            if proof.state == "proven" and (proof.unit, proof.compute_precision) not in places
        ]
    stated += [f"why there is no {one.target} {one.precision}" for one in manifest.failed]
    return f"Taken as stated, for no run here shows it: {', '.join(stated)}."


def other_labels(file: str, held: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    """A sentence where a file has other class names than the bundle, `labels`; none where the file has none.

    Core ML's are a dictionary's keys, so a repeated name has a number behind it.
    """
    if held and len(held) != len(labels):
        yield f"{file}: it has {len(held)} class names, and the bundle's labels are {len(labels)}"
        return
    for place, (own, label) in enumerate(zip(held, labels, strict=False)):
        if own != label and not own.startswith(f"{label} ("):
            yield f"{file}: its class {place} is {own!r}, and in the bundle's labels it is {label!r}"
            return


def contradictions(
    entry: ArtifactEntry, evidence: ArtifactEvidence, proofs: Sequence[UnitProof], checks: Sequence[Check]
) -> Iterator[str]:
    """A sentence for each limit of the manifest that is looser than the target's, given as `proofs`, and for each error
    in `proof.json` that `checks` exceed.
    """
    current = {(proof.unit, proof.compute_precision): proof.limits for proof in proofs}
    for proof in entry.proofs:
        own = current.get((proof.unit, proof.compute_precision))
        place = f"{proof.unit} in {proof.compute_precision}"
        for name in (*SMALLER_BETTER, *GREATER_BETTER) if own else ():
            stated, right = getattr(proof.limits, name), getattr(own, name)
            if stated < right if name in GREATER_BETTER else stated > right:
                yield f"{entry.file}: the manifest allows {name} {stated:g} on {place}, and {entry.target} {right:g}"
    measured = {(check.gate, check.unit, check.compute_precision): check for check in checks}
    for check in evidence.checks:
        again = measured.get((check.gate, check.unit, check.compute_precision))
        if again is None or again is check or not check.verdict.worst or not again.verdict.worst:
            continue
        recorded, found = (max(one.max_relative_error for one in each.verdict.worst) for each in (check, again))
        if found > FACTOR * recorded + FLOOR:
            place = f"on {check.unit} in {check.compute_precision}" if check.unit else f"of the {check.gate}"
            yield f"{entry.file}: the largest error {place} is {found:.1e}, and proof.json records {recorded:.1e}"
