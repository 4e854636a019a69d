"""The iOS app as far as a machine without Xcode can check it: project, Info.plist, texts, screens, stubs, README."""

import json
import plistlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openstep_parser
import openstep_plist
import pytest

from efficientmod_export.bench._app_run import PACKAGE

from .test_documents import COMMAND, check_command

REPOSITORY = Path(__file__).parents[1]
IOS = REPOSITORY / "ios_demo"
APP = IOS / "App"
PROJECT = IOS / "EfficientModDemo.xcodeproj"
ANDROID_CORE = REPOSITORY / "android_demo" / "core" / "src" / "main"
SWIFT_SCREENS = IOS / "Sources" / "PhoneCore" / "Screens"
KOTLIN_SCREENS = ANDROID_CORE / "kotlin" / "io" / "github" / "efficientmod" / "core" / "screens"
RESOURCES = IOS / "Sources" / "PhoneCore" / "Resources"
TEXTS = ANDROID_CORE / "resources" / "io" / "github" / "efficientmod" / "core" / "texts.json"
ANDROID = pytest.mark.skipif(not KOTLIN_SCREENS.exists(), reason="the Android app's screens are not here")
SCREENS = ("BundleState", "TryState", "CameraState", "MeasureState", "ResultState", "SelfCheckState", "Charts", "Shown")


def project() -> dict[str, Any]:
    with (PROJECT / "project.pbxproj").open() as file:
        parsed: dict[str, Any] = openstep_parser.OpenStepDecoder.ParseFromFile(file)
    return parsed


def objects(kind: str) -> list[dict[str, Any]]:
    return [item for item in project()["objects"].values() if item["isa"] == kind]


def settings(key: str) -> list[str]:
    found = [item["buildSettings"].get(key) for item in objects("XCBuildConfiguration")]
    return [value for value in found if value is not None]


def swift_sources() -> str:
    return "\n".join(path.read_text() for path in sorted(APP.rglob("*.swift")))


def executorch_version() -> str:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (pin,) = extras["executorch"]
    return str(pin).removeprefix("executorch==")


def test_two_parsers_read_the_same_project() -> None:
    with (PROJECT / "project.pbxproj").open() as file:
        other = openstep_plist.load(file, use_numbers=False)
    assert other == project()
    assert project()["objectVersion"] == "77"


def test_every_reference_leads_to_an_object() -> None:
    parsed = project()
    known = set(parsed["objects"])
    text = (PROJECT / "project.pbxproj").read_text()
    assert set(re.findall(r"\b[0-9A-F]{24}\b", text)) == known
    assert parsed["objects"][parsed["rootObject"]]["isa"] == "PBXProject"


def test_every_path_exists() -> None:
    (group,) = objects("PBXFileSystemSynchronizedRootGroup")
    (exceptions,) = objects("PBXFileSystemSynchronizedBuildFileExceptionSet")
    (package,) = objects("XCLocalSwiftPackageReference")
    assert (IOS / group["path"]).is_dir()
    assert all((IOS / group["path"] / name).is_file() for name in exceptions["membershipExceptions"])
    assert (IOS / package["relativePath"] / "Package.swift").is_file()
    assert settings("INFOPLIST_FILE") == ["App/Info.plist"] * 2
    assert exceptions["membershipExceptions"] == ["Info.plist"]


def test_the_settings_that_a_measurement_depends_on() -> None:
    assert settings("COMPRESS_PNG_FILES") == ["NO"] * 2
    assert settings("OTHER_LDFLAGS") == ["-all_load"] * 2
    assert settings("SWIFT_VERSION") == ["6.0"] * 2
    assert settings("PRODUCT_BUNDLE_IDENTIFIER") == [PACKAGE] * 2
    assert settings("SWIFT_ACTIVE_COMPILATION_CONDITIONS") == ["DEBUG"]
    (least,) = set(settings("IPHONEOS_DEPLOYMENT_TARGET"))
    assert f".iOS(.v{least.removesuffix('.0')})" in (IOS / "Package.swift").read_text()


def test_executorch_is_the_exporters() -> None:
    (reference,) = objects("XCRemoteSwiftPackageReference")
    assert reference["requirement"] == {"kind": "branch", "branch": f"swiftpm-{executorch_version()}"}
    assert f'static let release = "{executorch_version()}"' in swift_sources()
    products = {item["productName"] for item in objects("XCSwiftPackageProductDependency")}
    assert products == {"PhoneCore", "executorch", "backend_xnnpack", "backend_coreml", "kernels_optimized"}


def test_the_shared_scheme_runs_the_release() -> None:
    scheme = ElementTree.parse(PROJECT / "xcshareddata" / "xcschemes" / "EfficientModDemo.xcscheme")
    (target,) = objects("PBXNativeTarget")
    identifiers = [key for key, item in project()["objects"].items() if item == target]
    references = scheme.findall(".//BuildableReference")
    assert references
    assert {item.get("BlueprintIdentifier") for item in references} == set(identifiers)
    assert {item.get("ReferencedContainer") for item in references} == {f"container:{PROJECT.name}"}
    launch = scheme.find("LaunchAction")
    assert launch is not None
    assert launch.get("buildConfiguration") == "Release"


def test_info_plist() -> None:
    info = plistlib.loads((APP / "Info.plist").read_bytes())
    assert info["CFBundleIdentifier"] == "$(PRODUCT_BUNDLE_IDENTIFIER)"
    assert info["UIFileSharingEnabled"] is True
    assert info["NSCameraUsageDescription"]
    assert info["UISupportedInterfaceOrientations"] == ["UIInterfaceOrientationPortrait"]  # the camera's rotation
    (document,) = info["CFBundleDocumentTypes"]
    (exported,) = info["UTExportedTypeDeclarations"]
    assert document["LSItemContentTypes"] == [exported["UTTypeIdentifier"]]
    assert exported["UTTypeTagSpecification"]["public.filename-extension"] == ["embundle"]
    assert "NSAppTransportSecurity" not in info
    assert not re.search(r"\bURLSession\b", swift_sources())  # the app has nothing to do in a network


@ANDROID
def test_the_texts_are_the_android_apps() -> None:
    ours, own = (json.loads((RESOURCES / name).read_text()) for name in ("texts.json", "texts_ios.json"))
    assert ours == json.loads(TEXTS.read_text())
    assert ours.keys() == own.keys()


def records(text: str, opening: str, field: str) -> dict[str, list[str]]:
    """The fields of each record of a source: name -> names of its fields, in order."""
    found = {}
    for match in re.finditer(opening, text, re.MULTILINE | re.DOTALL):
        found[match["name"]] = re.findall(field, match["body"], re.MULTILINE)
    return found


@ANDROID
@pytest.mark.parametrize("name", SCREENS)
def test_a_screens_records_are_the_android_apps(name: str) -> None:
    kotlin = records(
        (KOTLIN_SCREENS / f"{name}.kt").read_text(),
        r"^data class (?P<name>\w+)\((?P<body>.*?)^\)",
        r"^ +val (\w+):",
    )
    swift = records(
        (SWIFT_SCREENS / f"{name}.swift").read_text(),
        r"^public struct (?P<name>\w+): .*?\{\n(?P<body>.*?)(?=^\})",
        r"^    public (?:let|var) (\w+)(?:: [^{\n]*| = [^{\n]*)$",
    )
    kotlin = {name: fields for name, fields in kotlin.items() if fields}
    assert kotlin
    for record, fields in kotlin.items():
        if record != "Meter":  # its fields are private in both
            assert swift.get(record) == fields, record


@ANDROID
@pytest.mark.parametrize("name", [screen for screen in SCREENS if screen.endswith("State")])
def test_a_screen_says_what_the_android_app_says(name: str) -> None:
    key = re.compile(r'\bt(?:\.counted|\.known)?\(\s*(?:t, )?"([a-z_.]+)"|"((?:condition|camera|try|bundle)\.[a-z_]+)"')

    def keys(path: Path) -> set[str]:
        found = {first or second for first, second in key.findall(path.read_text())}
        return {name for name in found if not name.endswith(".")}  # what is put together of two parts

    # Core ML's plan; and what Kotlin puts together.
    own = {"result.placement", "try.decode", "try.preprocess", "try.run"}
    kotlin, swift = keys(KOTLIN_SCREENS / f"{name}.kt"), keys(SWIFT_SCREENS / f"{name}.swift")
    assert kotlin
    assert swift - own == kotlin


def declarations(stub: Path) -> Iterator[tuple[str, str, bool]]:
    """Each declaration of a stub: its name, its line, and whether the lines before it have an address."""
    addressed = False
    for line in stub.read_text().splitlines():
        if line.lstrip().startswith("//"):
            addressed = True
        match = re.match(
            r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|open|final|class|static|nonisolated|mutating|override)(?:\(\w+\))?\s+)*"
            r"(?:case|class|struct|enum|protocol|func|var|let|typealias|associatedtype)\s+`?(\w+)",
            line,
        )
        if match:
            yield match[1], line, addressed
        if line == "}" or (match and not line.startswith(" ") and "{" not in line):
            addressed = False


HELPERS = {  # what a module needs so that what App/ uses can be declared
    *("body", "Body", "rawValue", "wrappedValue", "projectedValue", "Modified", "LeafView", "buildBlock", "buildIf"),
    *("buildEither", "main", "hash", "ViewBuilder", "SceneBuilder", "EnvironmentValues", "ScenePhase", "Shape"),
    *("ShapeStyle", "Binding"),
    *("EdgeSet", "HorizontalAlignment", "TextAlignment", "ContentMode", "AccessibilityChildBehavior", "Font", "Scene"),
    *("UIViewType", "UIViewRepresentableContext", "GraphicsContext", "Shading", "AVCaptureInput", "AVMediaType"),
    *("AVAuthorizationStatus", "DeviceType", "TorchMode", "Preset", "AVLayerVideoGravity", "CALayer", "BatteryState"),
    *("ThermalState", "ReadingOptions", "CVReturn", "CVPixelBufferLockFlags", "CFAllocator", "CFDictionary", "UTType"),
    *("CGColorRenderingIntent", "CGColorSpace", "CGImageSource", "CGImageByteOrderInfo", "MLComputeDevice"),
    *("MLCPUComputeDevice", "MLGPUComputeDevice", "MLNeuralEngineComputeDevice", "DeviceUsage", "MLModelStructure"),
    *("Program", "Function", "Block", "Operation", "unsupported", "MethodMetadata", "ModuleLoadMode", "Scalar"),
    *("ValueConvertible", "PHPickerFilter", "clockid_stub", "Position", "Environment", "double", "vertical"),
    *("restricted", "auto", "unspecified", "file", "charging", "full", "active", "orderDefault", "Representable"),
}


@pytest.mark.parametrize("stub", sorted((IOS / "Stubs").glob("*.swift")), ids=lambda path: path.stem)
def test_a_stub_declares_only_what_the_app_uses(stub: Path) -> None:
    sources = swift_sources()
    assert re.search(rf"^import {stub.stem}$", sources, re.MULTILINE), "no source imports it"
    unused = [name for name, _, _ in declarations(stub) if not re.search(rf"\b{name}\b", sources)]
    assert [name for name in unused if name not in HELPERS] == []


@pytest.mark.parametrize("stub", sorted((IOS / "Stubs").glob("*.swift")), ids=lambda path: path.stem)
def test_every_declaration_of_a_stub_says_where_it_is_from(stub: Path) -> None:
    top = [(line, addressed) for _, line, addressed in declarations(stub) if not line.startswith(" ")]
    assert top
    assert [line for line, addressed in top if not addressed] == []
    addresses = re.findall(r"^\s*// (\S+)$", stub.read_text(), re.MULTILINE)
    known = ("https://developer.apple.com/", "ExecuTorch", "https://github.com/pytorch/executorch")
    assert [address for address in addresses if not address.startswith(known)] == []


def test_the_readmes_ten_lines_are_tested() -> None:
    tested = (IOS / "Tests" / "PhoneCoreTests" / "LibraryTests.swift").read_text()
    lines = tested.split("// README: begin\n")[1].split("        // README: end")[0].splitlines()
    snippet = "\n".join(line.removeprefix("        ") for line in lines)
    assert len(lines) <= 10
    assert f"```swift\n{snippet}\n```" in (IOS / "README.md").read_text()


def test_the_readmes_commands_exist() -> None:
    commands = COMMAND.findall((IOS / "README.md").read_text())
    assert len(commands) >= 4
    for line in commands:
        check_command(line)
