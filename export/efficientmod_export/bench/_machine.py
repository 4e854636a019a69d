"""The machine that a bench runs on, and what is installed there."""

import os
import platform
from importlib import metadata
from pathlib import Path

from efficientmod_export._workers import processors

UNNAMED = "unnamed processor"


def describe_machine() -> str:
    """Operating system, processor, and the number of processors that this process may use."""
    return f"{platform.system()} {platform.machine()}, {_processor()}, {processors()} processors"


def versions(*packages: str) -> str:
    """The versions of packages that are installed, as in "torch 2.13.0, timm 1.0.31"."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in packages)


def load_average() -> float | None:
    """The average number of busy processors in the last minute; None where the system does not report it."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _processor() -> str:
    """The processor's name as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or UNNAMED
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), UNNAMED)
