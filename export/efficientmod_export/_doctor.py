"""What is installed on this machine, at which version, and what is missing for which target."""

import platform
import sys
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement

from efficientmod_export._plain import PlainRecord
from efficientmod_mobile.distribution import DISTRIBUTION, pip_command

FOR_DEVELOPERS = ("all", "test")
"""Extras that bring what others bring, or nothing that an export needs."""


@dataclass(frozen=True)
class PackageCheck(PlainRecord):
    """One package that the toolkit or one of its extras needs; `installed` is None where it is missing."""

    JSON_PROPERTIES = ("remedy",)

    package: str
    needed: str
    extra: str | None
    installed: str | None
    satisfied: bool

    @property
    def remedy(self) -> str | None:
        """The pip command that mends it, or None where nothing is amiss."""
        if self.satisfied:
            return None
        return pip_command(self.extra)


def examine() -> tuple[PackageCheck, ...]:
    """PackageCheck every requirement of the installed distribution, the base first, then each extra's."""
    requirements = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    return tuple(
        _check(requirement, extra)
        for extra in (None, *_extras())
        for requirement in requirements
        if _belongs(requirement, extra)
    )


def machine() -> str:
    """The operating system and processor, as in "Linux x86_64", and the Python that runs."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()} at {sys.executable}"


def _extras() -> tuple[str, ...]:
    return tuple(
        extra for extra in metadata.metadata(DISTRIBUTION).get_all("Provides-Extra", ()) if extra not in FOR_DEVELOPERS
    )


def _belongs(requirement: Requirement, extra: str | None) -> bool:
    if requirement.marker is None:
        return extra is None
    return (
        extra is not None
        and not requirement.marker.evaluate({"extra": ""})
        and requirement.marker.evaluate({"extra": extra})
    )


def _check(requirement: Requirement, extra: str | None) -> PackageCheck:
    try:
        installed = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        installed = None
    satisfied = installed is not None and requirement.specifier.contains(installed, prereleases=True)
    return PackageCheck(requirement.name, str(requirement.specifier), extra, installed, satisfied)
