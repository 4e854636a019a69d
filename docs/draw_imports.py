"""Draw the rooms of both packages and the imports between them, from the source: docs/imports.svg.

    python docs/draw_imports.py            # write the picture
    python docs/draw_imports.py --check    # say whether it is what the imports are

The exit code is 1 where rooms import in a circle or upwards (the imports are named, and nothing is written), and with
`--check` where the picture is stale.
"""

import argparse
import sys
import textwrap
from pathlib import Path

from _layered_svg import Label, draw
from _room_imports import HALLS, Box, boxes, circle, forbidden, read_source

COLOURS = {
    "efficientmod_mobile.deploy": "#d9ead3",
    "efficientmod_mobile": "#b6d7a8",
    "efficientmod_export.targets": "#fce5cd",
    "efficientmod_export.tasks": "#fff2cc",
    "efficientmod_export": "#cfe2f3",
}
"""A package and what lies in it; the first that fits."""
LONGEST_LINE = 34


def label(box: Box) -> Label:
    """`deploy/folds/` for a room; for a hall's own modules its name and theirs."""
    colour = next(colour for package, colour in COLOURS.items() if f"{box.package}.".startswith(f"{package}."))
    name = box.package.replace(".", "/").removeprefix("efficientmod_mobile/").removeprefix("efficientmod_export/")
    if box.package not in HALLS:
        return Label((f"{name}/",), colour)
    modules = textwrap.wrap(", ".join(box.modules), LONGEST_LINE) or ["its own modules"]
    return Label((f"{name}/", *modules), colour)


def main() -> None:
    """Write the picture, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the picture is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the repository (default: this)")
    options = parser.parse_args()
    source = read_source(options.root)
    if upwards := forbidden(source):
        sys.exit("\n".join(["Imports that go upwards:", *upwards]))
    if steps := circle(source):
        sys.exit("\n".join(["Rooms import in a circle:", *steps]))
    graph = boxes(source)
    picture = draw(
        graph, {box: label(box) for box in graph}, "Imports between the rooms: an arrow points at what is imported"
    )
    path = options.root / "docs" / "imports.svg"
    if not options.check:
        path.write_text(picture, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != picture:
        sys.exit(f"{path.name} is not what the imports are; run: python docs/draw_imports.py")


if __name__ == "__main__":
    main()
