"""The installable distribution that both packages belong to."""

from importlib import metadata

DISTRIBUTION = "efficientmod-mobile"
"""What pip calls it."""


def distribution_version() -> str:
    """The version that is installed."""
    return metadata.version(DISTRIBUTION)


def pip_command(extra: str | None = None) -> str:
    """The command that installs the distribution, with what one of its extras brings."""
    return f'pip install "{DISTRIBUTION}[{extra}]"' if extra else f"pip install {DISTRIBUTION}"
