"""The report that a phone writes: its content, its JSON Schema, and what is computed of timings.

`docs/phone_report.md` states the same for people who write an app in another language.
"""

from efficientmod_export.report.contract._configuration import Placement, Reason, ReportedConfiguration
from efficientmod_export.report.contract._device import TOO_HOT, App, Condition, Device, ReportedBundle
from efficientmod_export.report.contract._plan import PLANS, Plan
from efficientmod_export.report.contract._replay import (
    RAW_LIMIT_BYTES,
    DifferingValues,
    JudgedSample,
    OutputFault,
    RawOutput,
    Replay,
    ReplayVerdict,
    SampleOutputs,
    Violation,
)
from efficientmod_export.report.contract._report import Camera, Report
from efficientmod_export.report.contract._statistics import Percentiles, PhaseStatistics, Spread, Window, windows
from efficientmod_export.report.contract._status import TIMED_STEPS, RunStatus
from efficientmod_export.report.contract._timing import Load, MemoryUse, Phase, Wait
from efficientmod_export.report.contract._vocabulary import REPORT_VERSION

__all__ = [
    "PLANS",
    "RAW_LIMIT_BYTES",
    "REPORT_VERSION",
    "TIMED_STEPS",
    "TOO_HOT",
    "App",
    "Camera",
    "Condition",
    "Device",
    "DifferingValues",
    "JudgedSample",
    "Load",
    "MemoryUse",
    "OutputFault",
    "Percentiles",
    "Phase",
    "PhaseStatistics",
    "Placement",
    "Plan",
    "RawOutput",
    "Reason",
    "Replay",
    "ReplayVerdict",
    "Report",
    "ReportedBundle",
    "ReportedConfiguration",
    "RunStatus",
    "SampleOutputs",
    "Spread",
    "Violation",
    "Wait",
    "Window",
    "windows",
]
