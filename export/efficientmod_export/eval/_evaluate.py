"""An evaluation from Python."""

from pathlib import Path

from efficientmod_export._arguments import Names, names_of
from efficientmod_export.eval._eval import EvalProgress, run_eval, show_nothing
from efficientmod_export.eval._request import EvalRequest
from efficientmod_export.eval._result import EvalResult


def evaluate(
    bundle: Path | str,
    images: Path | str,
    *,
    truth: Path | str | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_key: str | None = None,
    model: str | None = None,
    targets: Names = (),
    limit: int | None = None,
    seed: int = 0,
    json_file: Path | str | None = None,
    csv_file: Path | str | None = None,
    sheet: Path | str | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    verbose: bool = False,
    progress: EvalProgress = show_nothing,
) -> EvalResult:
    """Measure the accuracy of a bundle's artifacts, as they are, on the pictures in a folder or a tar.

    The classes of the pictures are those of the table `truth`, or follow from their folders or names; without any only
    the agreement with the reference is measured. That is PyTorch where the network can be built again (`checkpoint`,
    with `checkpoint_key`, is what the bundle was made from; `model` names a network that it does not say how to build),
    else the fp32 artifact. All artifacts that have a runtime
    here are evaluated; those of `targets`, if given, and all with a `limit`, are interpreted where they have none.
    `limit` pictures are drawn with `seed`, as many of each class.

    The result is written to `json_file` and `csv_file`, outside the bundle; what was seen so far is in a file beside
    the first of them, from which the same call goes on after an interruption. `sheet` gets the pictures on which an
    artifact and the reference differ; it is not written where there are none.

    `processes` work here, by default one for each processor, or the workers of the Dask cluster `scheduler`, on which
    the bundle, the checkpoint and the pictures must have the same paths. In a script of your own, call it under
    `if __name__ == "__main__"`, as the processes begin by importing the script.

    Raises BundleError for a damaged bundle or one of several inputs, InputError for another task than classification,
    and for pictures, a table or options that cannot be used, DependencyError where a package is missing,
    ConversionError where nothing runs or a worker dies.
    """
    request = EvalRequest(
        bundle=Path(bundle),
        images=Path(images),
        truth=None if truth is None else Path(truth),
        checkpoint=None if checkpoint is None else str(checkpoint),
        checkpoint_key=checkpoint_key,
        model=model,
        targets=names_of(targets, "targets"),
        limit=limit,
        seed=seed,
        json_file=None if json_file is None else Path(json_file),
        csv_file=None if csv_file is None else Path(csv_file),
        sheet=None if sheet is None else Path(sheet),
        processes=processes,
        scheduler=scheduler,
    )
    return run_eval(request, verbose=verbose, progress=progress)
