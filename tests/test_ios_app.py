"""The iOS app as far as a machine without Xcode can check it: project, Info.plist, resources, workflow, README."""

import json
import plistlib
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openstep_parser
import openstep_plist
from PIL import Image

from efficientmod_export.bench._app_run import PACKAGE

from .test_documents import COMMAND, check_command

REPOSITORY = Path(__file__).parents[1]
IOS = REPOSITORY / "ios_demo"
APP = IOS / "App"
PROJECT = IOS / "EfficientModDemo.xcodeproj"


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
    (target,) = objects("PBXNativeTarget")
    folders = [project()["objects"][key] for key in target["fileSystemSynchronizedGroups"]]
    assert folders == [group]  # what lies in App/ is built, whatever it is
    assert {item["isa"] for item in project()["objects"].values() if "path" in item} == {
        group["isa"],
        "PBXFileReference",
    }


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
    assert f'UTType(exportedAs: "{exported["UTTypeIdentifier"]}")' in swift_sources()
    assert set(exported["UTTypeConformsTo"]) == {"public.data", "public.archive"}  # as a zip, Files would unpack it
    assert "NSAppTransportSecurity" not in info
    assert not re.search(r"\bURLSession\b", swift_sources())  # the app has nothing to do in a network


def test_the_camera_is_asked_for_in_each_language() -> None:
    info = plistlib.loads((APP / "Info.plist").read_bytes())
    (main,) = objects("PBXProject")
    assert [*info["CFBundleLocalizations"], "Base"] == main["knownRegions"]
    texts = {}
    for language in info["CFBundleLocalizations"]:
        with (APP / f"{language}.lproj" / "InfoPlist.strings").open() as file:
            texts[language] = openstep_plist.load(file)
    assert all([*text] == ["NSCameraUsageDescription"] for text in texts.values())
    assert texts["en"]["NSCameraUsageDescription"] == info["NSCameraUsageDescription"]
    assert texts["de"] != texts["en"]


def test_the_icon_is_apples_size_without_transparency() -> None:
    catalog = APP / "Assets.xcassets"
    (name,) = set(settings("ASSETCATALOG_COMPILER_APPICON_NAME"))
    (entry,) = json.loads((catalog / f"{name}.appiconset" / "Contents.json").read_text())["images"]
    with Image.open(catalog / f"{name}.appiconset" / entry["filename"]) as icon:
        assert "x".join(map(str, icon.size)) == entry["size"] == "1024x1024"
        assert icon.mode == "RGB"


def test_the_privacy_manifest_names_what_the_sources_call() -> None:
    manifest = plistlib.loads((APP / "PrivacyInfo.xcprivacy").read_bytes())
    assert manifest["NSPrivacyTracking"] is False
    assert manifest["NSPrivacyCollectedDataTypes"] == []
    named = {
        item["NSPrivacyAccessedAPIType"].removeprefix("NSPrivacyAccessedAPICategory")
        for item in manifest["NSPrivacyAccessedAPITypes"]
    }
    core = "\n".join(path.read_text() for path in (IOS / "Sources").rglob("*.swift"))
    apis = {
        "DiskSpace": r"systemFreeSize|volumeAvailableCapacity",
        "FileTimestamp": r"modificationDate|creationDate|\bl?stat\(",
        "SystemBootTime": r"systemUptime|mach_absolute_time",
        "UserDefaults": r"UserDefaults|AppStorage",
    }
    assert named == {name for name, calls in apis.items() if re.search(calls, core + swift_sources())}


def test_a_file_of_the_app_is_short() -> None:
    assert {
        path.name: size for path in APP.rglob("*.swift") if (size := len(path.read_text().splitlines())) > 120
    } == {}


def test_a_fork_builds_the_app_and_replays_in_a_simulator() -> None:
    workflow = (REPOSITORY / ".github" / "workflows" / "phone_ios.yml").read_text()
    assert set(re.findall(r"runs-on: (\S+)", workflow)) == {"macos-15"}
    assert f"-project ios_demo/{PROJECT.name} -scheme EfficientModDemo -configuration Release" in workflow
    assert f"APP: {PACKAGE}\n" in workflow
    launch = re.search(r"simctl launch .*", workflow)
    assert launch is not None
    assert {"--run", "--bundle", "--plan", "--configs"} <= set(launch[0].split())
    assert "efficientmod report report.json --bundle out" in workflow


def test_the_readmes_ten_lines_are_tested() -> None:
    tested = (IOS / "Tests" / "PhoneCoreTests" / "LibraryTests.swift").read_text()
    found = re.findall(r" +// README: begin\n(.*?) +// README: end\n", tested, re.DOTALL)
    shown = re.findall(r"```swift\n(.*?)```", (IOS / "README.md").read_text(), re.DOTALL)
    assert [textwrap.dedent(snippet) for snippet in found] == shown
    assert [len(snippet.splitlines()) <= 10 for snippet in shown] == [True, True]


def test_the_readmes_commands_exist() -> None:
    commands = COMMAND.findall((IOS / "README.md").read_text())
    assert len(commands) >= 4
    for line in commands:
        check_command(line)
