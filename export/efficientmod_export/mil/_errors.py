"""The one error that is this library's own; all others are in `efficientmod_mobile.errors`."""

from efficientmod_mobile.errors import InputError


class PackageError(InputError):
    """A `.mlpackage` is damaged, incomplete, or does not hold an ML program."""
