"""List the codes of the toolkit's errors, from the source: docs/errors.md.

    python docs/list_errors.py            # write the page
    python docs/list_errors.py --check    # say whether it is what the source says

The last column, what to do, is written by hand in the page, and stays. The exit code is 1 where an error has no code or
a code belongs to two classes (the places are named, and nothing is written), where a code has no line of what to do,
and with `--check` where the page is stale.
"""

import argparse
import re
import sys
from pathlib import Path

from _error_codes import ErrorClass, Raised, error_classes, modules, raised

FORM = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
HEADER = "| code | class | exit code | what to do |\n|---|---|---|---|\n"
INTRODUCTION = """# Codes of errors

Every error that the toolkit raises deliberately has a `code`, which names the fault for programs: codes stay when the
words of a message change, and each belongs to one class of the tree in `efficientmod_mobile/errors.py`. From Python it
is `error.code`. With `--json`, a command that fails prints

    {"error": {"code": "unknown_target", "kind": "InputError", "message": "..."}}

on standard output, and the failure of a variant in the result of `export` and `verify` has the same fields. The code
`unexpected` is that of a fault of the toolkit itself: please report it.

`python docs/list_errors.py` writes this page from the source. The last column is written by hand.

"""


def problems(found: tuple[Raised, ...]) -> list[str]:
    """Errors without a code of the right form, and codes of two classes."""
    lines = [
        f"{one.place}: {one.kind} has no literal code in snake_case"
        for one in found
        if one.code is None or not FORM.fullmatch(one.code)
    ]
    kinds: dict[str | None, str] = {}
    for one in found:
        if one.code is not None and kinds.setdefault(one.code, one.kind) != one.kind:
            lines.append(f"{one.place}: {one.code} is a code of {kinds[one.code]}, and of {one.kind} here")
    return lines


def advice(page: str) -> dict[str, str]:
    """What the page says that one does, by code."""
    rows = [[cell.strip() for cell in line.strip("|").split("|", 3)] for line in page.splitlines() if line[:3] == "| `"]
    return {code.strip("`"): told for code, _, _, told in rows}


def listing(found: tuple[Raised, ...], classes: dict[str, ErrorClass], told: dict[str, str]) -> str:
    """The page: for each class in the order of the source its codes in the order of the alphabet."""
    order = list(classes)
    kinds = {one.code: one.kind for one in found if one.code is not None}
    rows = [
        f"| `{code}` | `{kind}` | {classes[kind].exit_code} | {told.get(code, '')} |"
        for code, kind in sorted(kinds.items(), key=lambda item: (order.index(item[1]), item[0]))
    ]
    return INTRODUCTION + HEADER + "\n".join(rows) + "\n"


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the repository (default: this)")
    options = parser.parse_args()
    source = modules(options.root)
    found = raised(source)
    if wrong := problems(found):
        sys.exit("\n".join(wrong))
    path = options.root / "docs" / "errors.md"
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    page = listing(found, error_classes(source), advice(written))
    if not options.check:
        path.write_text(page, encoding="utf-8")
    elif written != page:
        sys.exit(f"{path.name} is not what the source says; run: python docs/list_errors.py")
    if empty := [code for code, told in advice(page).items() if not told]:
        sys.exit(f"Say in {path.name} what to do for {', '.join(empty)}.")


if __name__ == "__main__":
    main()
