"""What a bundle records of an artifact, held against what was measured now."""

from collections.abc import Iterator, Sequence

from efficientmod_export.bundle.contract import ArtifactEntry, ArtifactEvidence, Check, UnitProof

GREATER_BETTER = ("cosine", "sqnr_db")
SMALLER_BETTER = ("max_relative_error", "mean_relative_error", "displacement")
FACTOR, FLOOR = 10.0, 1e-6
"""The same file differs in the last bits on another machine: an error may be so many times the recorded one, and so
much of the range more.
"""
UNCHECKED = "Taken as stated, for no run shows it: where the weights come from, the class names, the least runtimes."


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
