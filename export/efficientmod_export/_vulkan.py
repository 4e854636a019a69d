"""The Vulkan drivers of this machine, on which LiteRT's GPU accelerator runs files as a phone does.

A driver that `VK_ICD_FILENAMES` or `VK_DRIVER_FILES` names, such as a graphics card's, is used for everything; else
software drivers, which compute the same on every machine: SwiftShader for float32, lavapipe for float16.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from efficientmod_export import _vulkan_devices
from efficientmod_export._plain import PlainRecord

if TYPE_CHECKING:
    from efficientmod_export._stages import ComputePrecision

DRIVERS = {
    "SwiftShader": Path("/usr/lib/chromium/vk_swiftshader_icd.json"),
    "lavapipe": Path("/usr/share/vulkan/icd.d/lvp_icd.json"),
}
"""Software Vulkan drivers, by name, and the files by which Debian's packages declare them. SwiftShader computes in
float32 only, also where LiteRT leaves the precision to it, and compiles a network in a second; lavapipe has float16,
and takes half a minute.
"""

CHOICES = ("VK_ICD_FILENAMES", "VK_DRIVER_FILES")
SUITED: dict["ComputePrecision", tuple[str, ...]] = {"float32": ("SwiftShader", "lavapipe"), "float16": ("lavapipe",)}
"""Software drivers by the arithmetic that they have, the faster first."""

PACKAGES = {"SwiftShader": "chromium", "lavapipe": "mesa-vulkan-drivers"}
"""Debian's packages that bring them; lavapipe must be of Mesa 25.0 or newer."""
LEAST_MESA = 25

FOLDERS = tuple(
    Path(root) / "vulkan" / "icd.d"
    for root in ("~/.config", "/etc", "/usr/local/etc", "~/.local/share", "/usr/local/share", "/usr/share")
)
"""Where drivers are declared, as the loader looks for them."""
PATIENCE = 20.0
"""Seconds for a driver's answer."""


@dataclass(frozen=True)
class VulkanDevice(PlainRecord):
    """A device as its driver tells of it; `software` where the processor stands in for a graphics card."""

    name: str
    version: str
    vulkan: str
    software: bool


@dataclass(frozen=True)
class VulkanDriver(PlainRecord):
    """A driver by the file that declares it; `problem` says why it does not tell its devices."""

    file: Path
    devices: tuple[VulkanDevice, ...]
    problem: str | None


def find_drivers() -> tuple[VulkanDriver, ...]:
    """Every driver that is declared here; of all, those that the environment names, if it names any."""
    return tuple(map(_ask, _declared()))


def find_driver(precision: "ComputePrecision") -> Path | None:
    """The file that declares a driver with this arithmetic; None where there is none."""
    chosen = _chosen()
    if chosen:
        return chosen[0] if chosen[0].exists() else None
    return next((DRIVERS[name] for name in SUITED[precision] if installed(name)), None)


def installed(name: str) -> bool:
    """Whether a driver of `DRIVERS` is installed."""
    return DRIVERS[name].exists()


def missing_driver(precision: "ComputePrecision") -> str | None:
    """What is missing for the GPU in this arithmetic, and what to do about it."""
    if find_driver(precision) is not None:
        return None
    chosen = _chosen()
    if chosen:
        return f"{' or '.join(CHOICES)} names {chosen[0]}, which is not there"
    packages = " or ".join(PACKAGES[name] for name in SUITED[precision])
    return f"there is no Vulkan driver for {precision}; apt-get install {packages} brings one"


def remedies(drivers: tuple[VulkanDriver, ...]) -> tuple[str, ...]:
    """A sentence for each arithmetic without a driver, and for a lavapipe that is too old for LiteRT."""
    missing = [sentence for precision in SUITED if (sentence := missing_driver(precision))]
    old = [device.version for driver in drivers for device in driver.devices if _is_old_mesa(device)]
    outdated = [
        f"{version} is too old for LiteRT, which needs Mesa {LEAST_MESA}.0; on Debian 12 run "
        f"apt-get install -t bookworm-backports {PACKAGES['lavapipe']}"
        for version in old
    ]
    return (*missing, *outdated)


def _is_old_mesa(device: VulkanDevice) -> bool:
    found = re.match(r"Mesa (\d+)", device.version)
    return device.software and found is not None and int(found[1]) < LEAST_MESA


def _chosen() -> list[Path]:
    named = next((os.environ[choice] for choice in CHOICES if os.environ.get(choice)), None)
    return [] if named is None else [Path(one) for one in named.split(os.pathsep)]


def _declared() -> list[Path]:
    chosen = _chosen()
    if chosen:
        return [file for file in chosen if file.exists()]
    found = [file for folder in FOLDERS for file in sorted(folder.expanduser().glob("*.json"))]
    return list(dict.fromkeys((*found, *(file for file in DRIVERS.values() if file.exists()))))


def _ask(file: Path) -> VulkanDriver:
    """In a process of its own, since the loader reads its choice once, and a driver may end it."""
    environment = {**{key: value for key, value in os.environ.items() if key not in CHOICES}, CHOICES[0]: str(file)}
    command = [sys.executable, "-P", _vulkan_devices.__file__]
    try:
        asked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return VulkanDriver(file, (), f"no answer within {PATIENCE:.0f} seconds")
    if asked.returncode:
        said = asked.stderr.strip().splitlines()
        return VulkanDriver(file, (), said[-1] if said else f"ended with code {asked.returncode}")
    return VulkanDriver(file, tuple(VulkanDevice(*one) for one in json.loads(asked.stdout)), None)
