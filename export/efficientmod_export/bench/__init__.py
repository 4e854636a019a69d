"""Latency of a bundle's artifacts: beside other conversions on this machine, or on a phone through adb."""

from efficientmod_export.bench._adb import bench_on_phone
from efficientmod_export.bench._bench import bench_bundle
from efficientmod_export.bench._plot import check_picture, plot_latency
from efficientmod_export.bench._render import show_bench, show_phone
from efficientmod_export.bench._result import BenchResult, PhoneResult, Row, Settings, Skipped
from efficientmod_export.bench._statistics import Latency, Ratio

__all__ = [
    "BenchResult",
    "Latency",
    "PhoneResult",
    "Ratio",
    "Row",
    "Settings",
    "Skipped",
    "bench_bundle",
    "bench_on_phone",
    "check_picture",
    "plot_latency",
    "show_bench",
    "show_phone",
]
