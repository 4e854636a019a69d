"""Run a model's file, anyone's and without a bundle, on every unit of its runtime that there is here."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import UnitComparison, all_targets
from efficientmod_mobile.errors import InputError


def is_model_file(path: Path) -> bool:
    """Whether `verify_file` is meant rather than `verify_bundle`: a bundle is a folder."""
    return path.is_file() or any(target.compare_units and target.makes(path) for target in all_targets())


def verify_file(
    path: Path | str,
    *,
    inputs: Sequence[Path] = (),
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> UnitComparison:
    """Hold what every other unit computes to the processor's results, on random inputs or on `.npy` files.

    Raises InputError for a file of another kind, a damaged one, or inputs that it does not take; DependencyError
    without its runtime; ConversionError where the processor does not run it.
    """
    path = Path(path)
    targets = [target for target in all_targets() if target.compare_units]
    target = next((target for target in targets if target.makes(path)), None)
    if target is None or target.compare_units is None:
        kinds = sorted({variant.suffix for target in targets for variant in target.variants})
        raise InputError(
            f"{path.name} cannot be verified by itself; give a bundle, or a file that ends in {', '.join(kinds)}.",
            code="unverifiable_file",
        )
    target.demand()
    with nullcontext() if verbose else quiet():
        return target.compare_units(path, inputs, progress)
