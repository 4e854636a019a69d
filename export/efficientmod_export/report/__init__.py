"""Phones' reports: read, computed again from their raw numbers, compared, shown. Their format is in `contract/`."""

from efficientmod_export.report._accuracy import read_accuracy
from efficientmod_export.report._read import read_report
from efficientmod_export.report._render import show_reports
from efficientmod_export.report._result import ReportsResult, read_reports
from efficientmod_export.report.page import write_page

__all__ = ["ReportsResult", "read_accuracy", "read_report", "read_reports", "show_reports", "write_page"]
