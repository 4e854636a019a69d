"""Checks of an APK that need no phone: permissions, exported components, dex, and no stub. `check_apk.py FILE.apk`."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

PERMISSIONS = {"android.permission.CAMERA"}
EXPORTED = {".MainActivity": None, ".HeadlessActivity": "android.permission.DUMP"}
PACKAGE = "io.github.efficientmod.demo"
STUBS = ("Lcom/google/ai/edge/litert/", "Lorg/pytorch/executorch/")
COMPONENTS = ("activity", "service", "receiver", "provider")


def main(apk: Path) -> int:
    """Print what is wrong, and return the exit code."""
    problems = [*manifest_problems(tree(apk)), *content_problems(apk)]
    for problem in problems:
        print(f"{apk.name}: {problem}", file=sys.stderr)
    if not problems:
        size = apk.stat().st_size / 1e6
        print(f"{apk} is signed and checked ({size:.1f} MB).")
        print("It lacks the runtimes' libraries: manifest, resources and dex are right, but it runs no network.")
    return 1 if problems else 0


def tree(apk: Path) -> list[tuple[int, str, dict[str, str]]]:
    """The manifest's elements as (depth, name, attributes), from aapt2's dump."""
    dump = subprocess.run(
        ["aapt2", "dump", "xmltree", "--file", "AndroidManifest.xml", apk], check=True, capture_output=True, text=True
    ).stdout
    elements: list[tuple[int, str, dict[str, str]]] = []
    for line in dump.splitlines():
        depth = len(line) - len(line.lstrip())
        if found := re.match(r"\s*E: ([\w-]+)", line):
            elements.append((depth, found[1], {}))
        elif found := re.match(r'\s*A: (?:[^ ]*:)?(\w+)(?:\(\w+\))?="?([^"\s]*)"?', line):
            elements[-1][2][found[1]] = found[2]
    return elements


def manifest_problems(elements: list[tuple[int, str, dict[str, str]]]) -> list[str]:
    """What the manifest asks for or opens beyond what the app needs."""
    problems = []
    asked = {attributes["name"] for _, name, attributes in elements if name.startswith("uses-permission")}
    if asked != PERMISSIONS:
        problems.append(f"its permissions are {sorted(asked)}, and should be {sorted(PERMISSIONS)}")
    exported = {
        attributes["name"].removeprefix(PACKAGE): attributes.get("permission")
        for _, name, attributes in elements
        if name in COMPONENTS and is_true(attributes.get("exported"))
    }
    if exported != EXPORTED:
        problems.append(f"its exported components are {exported}, and should be {EXPORTED}")
    sdk = next(attributes for _, name, attributes in elements if name == "uses-sdk")
    versions = [int(sdk[name], 0) for name in ("minSdkVersion", "targetSdkVersion")]
    if versions != [26, 36]:
        problems.append(f"its least and target API are {versions}, and should be [26, 36]")
    if any(is_true(attributes.get("debuggable")) for _, name, attributes in elements if name == "application"):
        problems.append("it is debuggable")
    return problems


def is_true(value: str | None) -> bool:
    """A boolean of aapt2's dump."""
    return value in ("true", "0xffffffff")


def content_problems(apk: Path) -> list[str]:
    """What is missing in the archive, or does not belong there."""
    problems = []
    with zipfile.ZipFile(apk) as archive:
        names = archive.namelist()
        dex = [archive.read(name) for name in names if name.endswith(".dex")]
        missing = {"classes.dex", "resources.arsc", "io/github/efficientmod/core/texts.json"} - set(names)
    if missing:
        problems.append(f"it lacks {', '.join(sorted(missing))}")
    stubs = {name for content in dex for name in defined_classes(content) if name.startswith(STUBS)}
    if stubs:
        problems.append(f"it has stubs in it: {', '.join(sorted(stubs))}")
    return problems


def defined_classes(dex: bytes) -> list[str]:
    """The descriptors of the classes that a dex file defines; https://source.android.com/docs/core/runtime/dex-format."""

    def word(place: int) -> int:
        return int.from_bytes(dex[place : place + 4], "little")

    strings, types, classes, count = word(0x3C), word(0x44), word(0x64), word(0x60)
    found = []
    for index in range(count):
        string = word(types + 4 * word(classes + 32 * index))
        place = word(strings + 4 * string)
        while dex[place] & 0x80:  # the length in characters, ULEB128
            place += 1
        end = dex.index(0, place + 1)
        found.append(dex[place + 1 : end].decode())
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
