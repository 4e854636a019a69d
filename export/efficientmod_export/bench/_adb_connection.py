"""One phone, through adb."""

import shlex
import shutil
import subprocess
from dataclasses import dataclass

from efficientmod_mobile.errors import DependencyError, InputError


@dataclass(frozen=True)
class Adb:
    """The phone of this serial number; None is the only one connected, or the one that ANDROID_SERIAL names."""

    serial: str | None = None

    def check_ready(self) -> None:
        """Raise DependencyError without adb, and InputError unless the phone is there and allows debugging."""
        if shutil.which("adb") is None:
            raise DependencyError("adb is not on the PATH; install Android's platform-tools.", code="missing_adb")
        state = self.call("get-state")
        if state.returncode or state.stdout.strip() != "device":
            reason = failure(state) or "no phone"
            raise InputError(
                f"adb finds no phone that is ready ({reason}); connect one with USB debugging allowed, and if "
                f"there are several, set ANDROID_SERIAL to one of them.",
                code="no_phone",
            )

    def run(self, *arguments: str) -> str:
        """Standard output. Raises InputError when the command fails."""
        ended = self.call(*arguments)
        if ended.returncode:
            raise InputError(
                f"adb {shlex.join(arguments)} failed ({failure(ended) or f'exit code {ended.returncode}'}); check the "
                f"phone's screen, and that the tool was built for its processor.",
                code="adb_failed",
            )
        return ended.stdout

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The ended process, whether the command failed or not."""
        return subprocess.run(self._command(arguments), capture_output=True, text=True, errors="replace", check=False)

    def read(self, *arguments: str) -> bytes | None:
        """What a command on the phone writes, its errors too, byte for byte; None where adb does not reach it."""
        ended = subprocess.run(self._command(("exec-out", *arguments)), capture_output=True, check=False)
        return None if ended.returncode and not ended.stdout else ended.stdout

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return ["adb", *(("-s", self.serial) if self.serial else ()), *arguments]


def failure(ended: "subprocess.CompletedProcess[str]") -> str:
    """The last line that a process wrote, without its full stop."""
    return last_line(ended.stderr) or last_line(ended.stdout)


def last_line(text: str) -> str:
    """The last line that is not blank."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removesuffix(".") if lines else ""
