"""Writes the result: JSON, which `efficientmod report --accuracy` reads, and CSV with a line for each artifact."""

import csv
import io
import json
from pathlib import Path

from efficientmod_export.eval._result import EvalResult, Row, Score
from efficientmod_mobile.errors import InputError

HEADER = (
    *("bundle", "model", "dataset", "name", "artifact", "target", "precision", "runtime", "interpreted", "pictures"),
    *("labelled", "top1", "top1_low", "top1_high", "top5", "top5_low", "top5_high", "reference", "agreement"),
    *("differs_at_most", "to_wrong", "to_right", "sqnr_db", "decode_ms", "inference_ms"),
)


def check_outside(path: Path, bundle: Path) -> None:
    """Raise InputError for a file in the bundle, whose digest stands for what an export wrote, or in no folder."""
    if bundle.resolve() in path.resolve().parents:
        raise InputError(
            f"{path} lies in the bundle, which stays as it was exported; name a file outside of it.",
            code="result_in_bundle",
        )
    if not path.resolve().parent.is_dir():
        raise InputError(f"There is no folder {path.resolve().parent}; make it first.", code="unwritable_result")


def write_json(result: EvalResult, path: Path) -> None:
    """All of it. Raises InputError where it cannot be written."""
    _write(path, json.dumps(result.as_json(), indent=2) + "\n")


def write_csv(result: EvalResult, path: Path) -> None:
    """A line for each artifact and PyTorch. Raises InputError where it cannot be written."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_cells(result, row) for row in result.rows)
    _write(path, text.getvalue())


def _cells(result: EvalResult, row: Row) -> list[object]:
    one, labelled = row.agreement, row.top1.n if row.top1 else 0
    compared = (
        ("", "", "", "", "", "")
        if one is None
        else (result.reference, one.fraction, one.differs_at_most, one.to_wrong, one.to_right, one.sqnr_db)
    )
    about = (result.sha256, result.model, result.dataset, row.name, row.artifact, row.target, row.precision)
    ran = (row.runtime, row.interpreted, row.pictures, labelled)
    return [*about, *ran, *_score(row.top1), *_score(row.top5), *compared, result.decode_ms, row.ms]


def _score(score: Score | None) -> tuple[object, object, object]:
    return (None, None, None) if score is None else (score.fraction, *score.interval)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}); name another file.", code="unwritable_result"
        ) from error
