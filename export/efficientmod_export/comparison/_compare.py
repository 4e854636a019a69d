"""The comparison of two bundles."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export.bundle.contract import read_bundle
from efficientmod_export.comparison._agreement import agreements, golden_pictures
from efficientmod_export.comparison._changes import changes
from efficientmod_export.comparison._result import CompareResult
from efficientmod_export.foreign import quiet
from efficientmod_mobile.errors import BundleError


def compare_bundles(
    before: Path | str,
    after: Path | str,
    pictures: Sequence[Path | str] = (),
    *,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> CompareResult:
    """Hold the bundle `after`, which is to take the place of `before` in an app, against it.

    Both are run on the pictures, each as its bundle prepares them; without any, on the golden ones of both. Raises
    BundleError for a folder that is no bundle or a damaged one, InputError for what is no picture.
    """
    old, new = read_bundle(Path(before)), read_bundle(Path(after))
    given = {str(picture): Path(picture) for picture in pictures}
    shown = given or golden_pictures(old, new)
    told = f"{len(shown)} {'' if given else 'golden '}picture{'' if len(shown) == 1 else 's'}"
    with nullcontext() if verbose else quiet():
        try:
            agreed, missing = agreements(old, new, shown, progress) if shown else ((), ())
        except BundleError as error:  # inputs that are no picture
            agreed, missing = (), (str(error),)
    return CompareResult(old.path, new.path, tuple(changes(old, new)), told, agreed, missing)
