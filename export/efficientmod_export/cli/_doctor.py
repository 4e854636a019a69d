"""`efficientmod doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from efficientmod_export.cli._app import Json, Verb, app, show
from efficientmod_export.cli._terminal import out, say, table

if TYPE_CHECKING:
    from efficientmod_export._doctor import PackageCheck
    from efficientmod_export._vulkan import VulkanDriver


@app.command(cls=Verb, short_help="Show what is installed and missing.")
def doctor(as_json: Json = False) -> None:
    """Show what is installed, at which version, the Vulkan drivers, and the command for what is missing."""
    from efficientmod_export import _doctor, _vulkan

    checks, drivers = _doctor.examine(), _vulkan.find_drivers()
    remedies = _vulkan.remedies(drivers)
    document = {
        "machine": _doctor.machine(),
        "packages": checks,
        "vulkan": {"drivers": drivers, "remedies": remedies},
    }

    def render() -> None:
        _show_packages(_doctor.machine(), checks)
        _show_drivers(drivers, remedies)

    show(document, render, as_json)


def _show_packages(machine: str, checks: Sequence[PackageCheck]) -> None:
    """Every package with its state, and the pip commands that mend what is amiss."""
    say(escape(machine))
    rows = table("for", "package", "installed", "")
    for check in checks:
        state = "[green]ok[/]" if check.satisfied else f"[red]needs {check.needed or 'any'}[/]"
        rows.add_row(check.extra or "base", check.package, check.installed or "-", state)
    out.print(rows)
    remedies = sorted({check.remedy for check in checks if check.remedy})
    for remedy in remedies:
        out.print(f"To mend it: {remedy}", markup=False, soft_wrap=True)
    if not remedies:
        out.print("Everything that the targets need is installed.")


def _show_drivers(drivers: Sequence[VulkanDriver], remedies: Sequence[str]) -> None:
    """The drivers that the GPU is proven with, and what mends a missing one; those of absent cards in one line."""
    for driver in drivers:
        for device in driver.devices:
            kind = "software" if device.software else "graphics card"
            told = f"{device.name}, {device.version}, Vulkan {device.vulkan}, {kind}, declared by {driver.file}"
            say(f"Vulkan driver: {escape(told)}")
        if driver.problem:
            say(f"Vulkan driver: {escape(str(driver.file))}: {escape(driver.problem)}")
    absent = [driver.file.name for driver in drivers if not (driver.devices or driver.problem)]
    if absent:
        say(f"Vulkan drivers without a device here: {escape(', '.join(absent))}")
    for remedy in remedies:
        out.print(f"For the GPU: {remedy}", markup=False, soft_wrap=True)
