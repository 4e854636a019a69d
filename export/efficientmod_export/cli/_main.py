"""The entry points of both programs."""

import sys


def main() -> None:
    """Entry point of `efficientmod`."""
    from efficientmod_export.cli._verbs import app

    sys.exit(app())


def main_export() -> None:
    """Entry point of `efficientmod-export`."""
    from efficientmod_export.cli._verbs import export_app

    sys.exit(export_app())
