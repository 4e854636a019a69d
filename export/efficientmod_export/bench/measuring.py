"""What programs that measure networks share with `efficientmod bench`.

A process of its own with a limit of time, turns, statistics, notes that the next run reads, pages in Markdown, and the
machine.
"""

from efficientmod_export.bench._machine import describe_machine, load_average, versions
from efficientmod_export.bench._markdown import markdown_table
from efficientmod_export.bench._notes import Notes
from efficientmod_export.bench._process import Ended, run_apart
from efficientmod_export.bench._statistics import Latency, Ratio
from efficientmod_export.bench._turns import take_turns

__all__ = [
    "Ended",
    "Latency",
    "Notes",
    "Ratio",
    "describe_machine",
    "load_average",
    "markdown_table",
    "run_apart",
    "take_turns",
    "versions",
]
