"""Which artifacts are evaluated, and what they are compared with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from efficientmod_export._picture_run import Here, find_here, variant_of
from efficientmod_export._rebuild import rebuild
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.targets import find_target
from efficientmod_mobile.errors import EfficientModError, InputError

PYTORCH = "PyTorch"


@dataclass(frozen=True)
class Chosen:
    """An artifact to evaluate, and what runs it."""

    entry: ArtifactEntry
    here: Here

    @property
    def name(self) -> str:
        """Its variant's."""
        return variant_of(self.entry).name


@dataclass(frozen=True)
class Choice:
    """The artifacts to evaluate; `skipped` says why others are not.

    `reference` is PyTorch, an artifact's name, or None; `reference_told` says why it is not PyTorch.
    """

    artifacts: tuple[Chosen, ...]
    skipped: tuple[str, ...]
    reference: str | None
    reference_told: str


def choose(
    bundle: Bundle,
    targets: Collection[str],
    *,
    limited: bool,
    checkpoint: str | None,
    checkpoint_key: str | None,
    model: str | None,
) -> Choice:
    """The artifacts of `targets`, or all. One that has no runtime here is interpreted where its target is asked for, or
    the pictures are limited: that is slow.

    Raises InputError where nothing is left, and for a checkpoint that is not the bundle's.
    """
    artifacts, skipped = [], []
    for entry in _asked(bundle, targets):
        try:
            here = find_here(find_target(entry.target), variant_of(entry))
        except EfficientModError as error:  # a package that could be installed
            skipped.append(f"{variant_of(entry).name} is not evaluated: {error}")
            continue
        if here.interpreted_because and not (limited or entry.target in targets):
            how = f"--target {entry.target}, or --limit, has it interpreted, which is slow"
            skipped.append(f"{variant_of(entry).name} is not evaluated: {here.interpreted_because}; {how}.")
        else:
            artifacts.append(Chosen(entry, here))
    if not artifacts:
        raise InputError(f"No artifact of {bundle.path} can be evaluated. {' '.join(skipped)}", code="nothing_to_run")
    why = _why_not_pytorch(bundle, checkpoint, checkpoint_key, model)
    name = PYTORCH if why is None else _floating(artifacts)
    told = "" if why is None else f"Compared with {name} in place of PyTorch. {why}"
    if name is None:
        told = f"There is nothing to compare with: no fp32 artifact is evaluated. {why}"
    return Choice(tuple(artifacts), tuple(skipped), name, told)


def _floating(artifacts: Sequence[Chosen]) -> str | None:
    """The first fp32 artifact, in its own runtime if there is one."""
    found = [one for one in artifacts if one.entry.precision == "fp32"]
    return next((one.name for one in sorted(found, key=lambda one: one.here.interpreted_because or "")), None)


def _asked(bundle: Bundle, targets: Collection[str]) -> Sequence[ArtifactEntry]:
    for target in targets:
        find_target(target)
    known = dict.fromkeys(entry.target for entry in bundle.manifest.artifacts)
    absent = [target for target in targets if target not in known]
    if absent:
        raise InputError(
            f"{bundle.path} has no artifact for {', '.join(absent)}; it has {', '.join(known)}.",
            code="no_such_artifact",
        )
    return [entry for entry in bundle.manifest.artifacts if not targets or entry.target in targets]


def _why_not_pytorch(
    bundle: Bundle, checkpoint: str | None, checkpoint_key: str | None, model: str | None
) -> str | None:
    """None where the network can be built again. A checkpoint or a name that is given must be the bundle's."""
    try:
        rebuild(bundle, checkpoint, checkpoint_key, model)
    except EfficientModError as error:
        if checkpoint is not None or model is not None:
            raise
        return str(error)
    return None
