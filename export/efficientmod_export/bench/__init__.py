"""Latency of a bundle's artifacts: beside other conversions on this machine, or on a phone."""

from efficientmod_export.bench._adb import bench_on_phone
from efficientmod_export.bench._app_android import bench_on_android
from efficientmod_export.bench._app_ios import bench_on_ios
from efficientmod_export.bench._app_run import AppRun
from efficientmod_export.bench._bench import bench_bundle
from efficientmod_export.bench._plot import check_picture, plot_latency
from efficientmod_export.bench._render import show_bench, show_phone
from efficientmod_export.bench._result import BenchResult, PhoneResult, Row, Settings, Skipped
from efficientmod_export.bench._statistics import Latency, Ratio

__all__ = [
    "AppRun",
    "BenchResult",
    "Latency",
    "PhoneResult",
    "Ratio",
    "Row",
    "Settings",
    "Skipped",
    "bench_bundle",
    "bench_on_android",
    "bench_on_ios",
    "bench_on_phone",
    "check_picture",
    "plot_latency",
    "show_bench",
    "show_phone",
]
