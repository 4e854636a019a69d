"""The only error that this package defines; all others are in `efficientmod_mobile.errors`."""

from efficientmod_mobile.errors import InputError


class PackageError(InputError):
    """A `.mlpackage` is damaged, incomplete, or does not contain an ML program."""
