"""Draw what the tutorial's commands show: runs them in a terminal of 100 columns, and writes docs/pictures/*.svg.

    python docs/draw_terminal.py

Run it in the repository's folder. It takes some minutes, since it exports.
"""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent
COLUMNS = 100
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # loads a font from elsewhere
DRAWN = {"export": "efficientmod-export --checkpoint", "predict": "efficientmod predict"}
"""A picture's name, and how the command begins that shows it."""


def commands() -> list[str]:
    """The tutorial's, without the installation."""
    lines = (DOCS / "tutorial.md").read_text().splitlines()
    return [line.strip() for line in lines if re.match(r"    (efficientmod|python )", line)]


def shown(command: str, folder: Path) -> str:
    """What a command prints in a terminal, with its escape sequences; progress, which goes away, is left out."""
    terminal, end = pty.openpty()
    settings = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, shell=True, cwd=folder, stdin=end, stdout=end, stderr=subprocess.DEVNULL, env=settings
    ) as process:
        os.close(end)
        pieces = []
        with contextlib.suppress(OSError):  # what Linux raises once the process has closed its end
            while piece := os.read(terminal, 65536):
                pieces.append(piece)
    os.close(terminal)
    output = b"".join(pieces).decode().replace("\r\n", "\n")
    if process.returncode:
        sys.exit(f"{command}: exit code {process.returncode}\n{output}")
    return output


def draw(command: str, output: str, path: Path) -> None:
    """As an SVG that needs nothing from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ {command}\n{output.rstrip()}"))
    path.write_text(FONT_FACE.sub("", console.export_svg(title="", clear=False)), encoding="utf-8")


def main() -> None:
    """Run every command in order in a folder of its own, and draw those that have a picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for linked in ("examples", "tests"):
            (folder / linked).symlink_to(DOCS.parent / linked)
        for command in commands():
            output = shown(command, folder)
            for picture, beginning in DRAWN.items():
                if command.startswith(beginning) and "int8" not in command:
                    draw(command, output, DOCS / "pictures" / f"{picture}.svg")


if __name__ == "__main__":
    main()
