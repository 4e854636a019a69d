"""Where a report comes from: app, bundle, device, and what the device was like meanwhile."""

from typing import Final, Literal

from pydantic import Field

from efficientmod_export.bundle.contract import Generator, Sha256, Side, Size, Text, Weights
from efficientmod_export.parity import Record
from efficientmod_export.report.contract._vocabulary import Seconds

Thermal = Literal[
    "none", "light", "moderate", "severe", "critical", "emergency", "shutdown", "nominal", "fair", "serious"
]
"""Android's and Apple's own words; "critical" is a word of both."""

TOO_HOT: Final[frozenset[Thermal]] = frozenset({"severe", "critical", "emergency", "shutdown", "serious"})
"""A system that says so slows down: timings taken then are void."""


class App(Record):
    """The app that measured; a debug build's times are void."""

    name: Text
    version: Text
    build: Literal["release", "debug"]
    platform: Literal["android", "ios", "desktop"]


class ReportedBundle(Record):
    """The bundle that was measured, so that it is recognised. `resolution` is (H, W), None without a picture input."""

    manifest_sha256: Sha256
    model: Text
    weights: Weights
    resolution: tuple[Side, Side] | None
    generator: Generator


class Device(Record):
    """The device, as its system describes it. An `emulator`'s (or a simulator's) times are void.

    `cpu_max_khz` has the highest clock of each core, as Linux' cpufreq gives it.
    """

    manufacturer: Text
    model: Text
    soc: Text | None
    emulator: bool
    os: Text
    os_version: Text
    os_build: Text | None
    abi: Text
    cores: int = Field(ge=1)
    cpu_max_khz: tuple[int, ...] | None
    ram_bytes: Size
    page_size_bytes: Size


class Condition(Record):
    """The device at one moment; taken once a second, and when something changes.

    `headroom` is Android's forecast, 1 where throttling is severe; `brightness` that of the screen, 0 to 1;
    `foreground` says that the app was visible and the screen on.
    """

    at_s: Seconds
    thermal: Thermal | None
    headroom: float | None = Field(ge=0)
    battery_c: float | None
    charging: bool | None
    power_saver: bool | None
    brightness: float | None = Field(ge=0, le=1)
    foreground: bool
