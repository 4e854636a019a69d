"""What programs that measure networks share with `efficientmod bench`.

Separate processes with a time limit, alternating rounds, statistics, results that the next run reads, tables in
Markdown, and the description of the machine.
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
