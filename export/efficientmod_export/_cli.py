"""Where scripts that were installed before the folder `cli/` find their entry points."""

from efficientmod_export.cli import main, main_export

__all__ = ["main", "main_export"]
