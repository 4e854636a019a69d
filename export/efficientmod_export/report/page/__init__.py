"""The HTML page of several reports: one file, without scripts and network, in light and dark."""

from efficientmod_export.report.page._page import write_page

__all__ = ["write_page"]
