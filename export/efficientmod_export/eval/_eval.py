"""The evaluation of one bundle; the body of `run_eval` is its numbered stages."""

import statistics
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from efficientmod_export._picture_files import PictureFile, list_pictures
from efficientmod_export._workers import Workers, processors, workers
from efficientmod_export.bundle import picture_input_of
from efficientmod_export.bundle.contract import Bundle, read_bundle
from efficientmod_export.eval._alternatives import Trial, alternatives, try_alternatives
from efficientmod_export.eval._choice import PYTORCH, Choice, choose
from efficientmod_export.eval._class_names import ClassNames
from efficientmod_export.eval._files import write_csv, write_json
from efficientmod_export.eval._partial import Partial
from efficientmod_export.eval._request import EvalRequest
from efficientmod_export.eval._result import EvalResult, Row
from efficientmod_export.eval._runs import Job, Seen, see
from efficientmod_export.eval._sheet import write_sheet
from efficientmod_export.eval._spread import spread
from efficientmod_export.eval._statistics import confusions, differing, row_of
from efficientmod_export.eval._suspicion import better, is_doubtful, low, published_top1, renamed, worse
from efficientmod_export.eval._truth import Truth, find_truth
from efficientmod_export.foreign import quiet
from efficientmod_mobile.distribution import distribution_version
from efficientmod_mobile.errors import ConversionError, InputError

TOGETHER = 8
"""Pictures that a worker gets at once."""
TRIED = 200
"""Pictures on which alternatives are tried."""
SEEDED = "The weights are seeded: agreement and latency mean something, accuracy does not."

EvalProgress = Callable[[str, int, int], None]
"""Called with what is done now, how many pictures are done, and of how many; 0 of 0 where nothing is counted."""


def show_nothing(stage: str, done: int, total: int) -> None:
    """An `EvalProgress` that does nothing."""


@dataclass(frozen=True)
class _Plan:
    """The pictures, their classes, and what runs on them; `found` pictures were there before the limit."""

    bundle: Bundle
    choice: Choice
    job: Job
    found: int
    pictures: tuple[PictureFile, ...]
    truth: Truth
    labels: tuple[str, ...] | None
    classes: int

    @property
    def about(self) -> dict[str, Any]:
        """What must be the same for an evaluation to go on."""
        ran = [[one.entry.file, one.here.title] for one in self.choice.artifacts]
        about = {"toolkit": distribution_version(), "bundle": self.bundle.sha256, "artifacts": ran}
        return {**about, "reference": self.choice.reference, "key": self.job.checkpoint_key}


@dataclass(frozen=True)
class _Outcome:
    """What was seen, in the order of the pictures, and why a contender gave nothing."""

    seen: tuple[Seen, ...]
    failed: dict[str, str]
    resumed: int
    workers: str


def run_eval(request: EvalRequest, *, verbose: bool = False, progress: EvalProgress = show_nothing) -> EvalResult:
    """Evaluate a bundle, as `evaluate` says."""
    request.check()
    # 1. The bundle, the pictures and their classes.
    progress("checking the bundle and the pictures", 0, 0)
    with nullcontext() if verbose else quiet():
        plan = _plan(request)
    kept = Partial(request.partial, plan.about)
    known = kept.read(plan.pictures)
    left = [one for one in plan.pictures if one.name not in {seen.picture for seen in known}]
    batches = [tuple(left[place : place + TOGETHER]) for place in range(0, len(left), TOGETHER)]
    count = min(request.processes or processors(), max(1, len(batches)))
    with workers(request.scheduler, count, _files(plan)) as crew:
        # 2. Every contender on every picture.
        outcome = _see_all(crew, plan, batches, known, kept, progress)
        rows = _rows(plan, outcome.seen)
        # 3. What would be right more often.
        trials = _try(crew, plan, rows, outcome.seen, progress)
    # 4. The result, and its files.
    result = _result(request, plan, outcome, rows, trials)
    if request.sheet is not None and result.differing:
        write_sheet(result, {one.name: one for one in plan.pictures}, request.sheet)
        result = replace(result, sheet=request.sheet)
    if request.json_file is not None:
        write_json(result, request.json_file)
    if request.csv_file is not None:
        write_csv(result, request.csv_file)
    kept.remove()
    return result


def _plan(request: EvalRequest) -> _Plan:
    bundle = read_bundle(request.bundle.resolve())
    picture_input_of(bundle)  # raises where it takes something else
    output, classes = _scores(bundle)
    checkpoint = request.own_checkpoint
    choice = choose(
        bundle,
        request.targets,
        limited=request.limit is not None,
        checkpoint=checkpoint,
        checkpoint_key=request.checkpoint_key,
        model=request.model,
    )
    found = list_pictures(request.images)
    labels = bundle.labels()
    truth = find_truth(found, request.truth, ClassNames(classes, labels))
    if not truth.statement and choice.reference is None:
        raise InputError(
            f"{choice.reference_told} Nothing says the classes of the pictures either; give --truth, or name the "
            "folders by the bundle's labels.",
            code="nothing_to_compare",
        )
    groups = {one.name: truth.classes.get(one.name) if truth.statement else one.folders for one in found}
    files = tuple(one.entry.file for one in choice.artifacts)
    job = Job(
        bundle.path, bundle.sha256, files, choice.reference, checkpoint, request.checkpoint_key, request.model, output
    )
    pictures = spread(found, groups, request.limit, request.seed)
    return _Plan(bundle, choice, job, len(found), pictures, truth, labels, classes)


def _scores(bundle: Bundle) -> tuple[int, int]:
    """The index of the output that has the scores, and the number of classes."""
    manifest = bundle.manifest
    best = {step.output for step in manifest.after_network if step.step == "top_k"}
    for index, output in enumerate(manifest.outputs):
        if output.name in best:
            return index, output.shape[1]
    raise InputError(
        f"{bundle.path} is for the task {manifest.task.name}; eval is for classification.", code="unsupported_eval_task"
    )


def _files(plan: _Plan) -> list[Path]:
    """What every worker must see: of the pictures the first."""
    checkpoint = plan.job.checkpoint
    own = [Path(checkpoint)] if checkpoint and Path(checkpoint).is_file() else []
    return [plan.bundle.path, plan.pictures[0].path, *own]


def _see_all(
    crew: Workers,
    plan: _Plan,
    batches: Sequence[tuple[PictureFile, ...]],
    known: Sequence[Seen],
    kept: Partial,
    progress: EvalProgress,
) -> _Outcome:
    seen = {one.picture: one for one in known}
    failed: dict[str, str] = {}
    stage = f"evaluating in {crew.told}"
    progress(stage, len(seen), len(plan.pictures))
    kept.begin(known)
    try:
        for part in crew.results(partial(see, plan.job), batches):
            failed |= part.failed
            seen |= {one.picture: one for one in part.seen}
            kept.add(part.seen)
            progress(stage, len(seen), len(plan.pictures))
    finally:
        kept.close()
    ordered = tuple(seen[one.name] for one in plan.pictures)
    if not any(one.said for one in ordered):
        reasons = " ".join(dict.fromkeys([*failed.values(), *(one.problem for one in ordered if one.problem)][:3]))
        raise ConversionError(f"Not one picture could be evaluated. {reasons}", code="nothing_evaluated")
    return _Outcome(ordered, failed, len(known), crew.told)


def _rows(plan: _Plan, seen: Sequence[Seen]) -> tuple[Row, ...]:
    """PyTorch first, then the artifacts in the bundle's order; without those that gave nothing."""
    truths, reference = plan.truth.classes, plan.choice.reference
    rows = [row_of(one.name, one, seen, truths, reference, plan.classes) for one in plan.choice.artifacts]
    if reference == PYTORCH:
        rows.insert(0, row_of(PYTORCH, None, seen, truths, reference, plan.classes))
    return tuple(row for row in rows if row.pictures)


def _try(
    crew: Workers, plan: _Plan, rows: Sequence[Row], seen: Sequence[Seen], progress: EvalProgress
) -> tuple[Trial, ...]:
    """Alternatives in the reference, on some of the labelled pictures, where its accuracy is in doubt."""
    published = published_top1(plan.bundle.manifest.model.name, plan.classes)
    doubtful = [row for row in rows if row.name == plan.choice.reference and is_doubtful(row, published)]
    if not doubtful or plan.bundle.manifest.model.weights.kind == "seeded":
        return ()
    usable = {one.picture for one in seen if one.said and one.picture in plan.truth.classes}
    pictures = [one for one in plan.pictures if one.name in usable]
    tried = spread(pictures, plan.truth.classes, TRIED, 0)
    labelled = [(one, plan.truth.classes[one.name]) for one in tried]
    batches = [tuple(labelled[place : place + TOGETHER]) for place in range(0, len(labelled), TOGETHER)]
    entries = {one.name: one.entry for one in plan.choice.artifacts}
    choices = alternatives(plan.bundle, plan.job.checkpoint, entries.get(doubtful[0].name))
    stage, trials = "trying another normalisation and padding", list[Trial]()
    progress(stage, 0, len(tried))
    for found in crew.results(partial(try_alternatives, plan.job, choices), batches):
        trials += found
        progress(stage, len(trials), len(tried))
    return tuple(trials)


def _result(
    request: EvalRequest, plan: _Plan, outcome: _Outcome, rows: tuple[Row, ...], trials: Sequence[Trial]
) -> EvalResult:
    truths, reference = plan.truth.classes, plan.choice.reference
    model, seen = plan.bundle.manifest.model, outcome.seen
    decoded = [one for one in seen if one.problem is None]
    labelled = sum(one.picture in truths for one in decoded)
    return EvalResult(
        bundle=request.bundle,
        sha256=plan.bundle.sha256,
        model=model.name,
        weights=model.weights.statement,
        dataset=f"{labelled if truths else len(decoded)} pictures of {request.images.resolve().name}",
        labels=plan.truth.statement,
        found=plan.found,
        evaluated=len(decoded),
        labelled=labelled,
        unreadable={one.picture: one.problem for one in seen if one.problem},
        reference=reference,
        reference_told=plan.choice.reference_told,
        rows=rows,
        decode_ms=statistics.median(one.decode_ms for one in decoded),
        confusions={row.name: confusions(row.name, seen, truths, plan.labels) for row in rows} if truths else {},
        differing=differing(seen, truths, reference),
        warnings=_warnings(plan, outcome, rows, trials),
        skipped=plan.choice.skipped,
        failed=outcome.failed,
        workers=outcome.workers,
        resumed=outcome.resumed,
        class_labels=plan.labels,
    )


def _warnings(plan: _Plan, outcome: _Outcome, rows: Sequence[Row], trials: Sequence[Trial]) -> tuple[str, ...]:
    model, truths = plan.bundle.manifest.model, plan.truth.classes
    told = list(plan.truth.remarks)
    told += [
        f"{one.name} failed its proof when it was exported: it does not compute what PyTorch computes."
        for one in plan.choice.artifacts
        if one.entry.failed
    ]
    told += [f"{row.name}: a score is not finite on {row.not_finite} pictures." for row in rows if row.not_finite]
    if not truths:
        return tuple(told)
    if model.weights.kind == "seeded":
        return (*told, SEEDED)
    # Artifacts that agree with the reference are low for the same reason: it is told once.
    first = next((row for row in rows if row.name == plan.choice.reference), rows[0])
    published = published_top1(model.name, plan.classes)
    causes = [*better(trials, first.name), *renamed(first, outcome.seen, truths)]
    told += [sentence for row in rows for sentence in worse(row, str(plan.choice.reference))]
    return (*told, *low(first, plan.classes, published), *causes)
