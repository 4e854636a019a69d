"""Files, links, commands and options that documents and workflows name exist, and the YAML files are whole."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from efficientmod_export.cli._verbs import app, export_app
from efficientmod_export.targets import all_targets

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob(".github/**/*.md")])
WORKFLOWS = sorted(REPOSITORY.glob(".github/workflows/*.yml"))
NAMED_FILE = re.compile(
    r"(?<![\w/.<])(?:docs|benchmarks|tests|examples|export|efficientmod_mobile)/[\w./-]+(?:\.\w+|/(?![\w<]))"
)
COMMAND = re.compile(r"(?<![\w./-])(efficientmod(?:-export)?(?: [^`|&>\n]+|(?=`)))")
SCRIPT = re.compile(r"python ((?:docs|benchmarks|tests|examples)/[\w./]+\.py)([^`|&>\n]*)")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def jobs(workflow: Path) -> Iterator[dict[str, Any]]:
    yield from load(workflow)["jobs"].values()


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(workflow):
        yield from job["steps"]


def run_lines(workflow: Path) -> list[str]:
    return [line.strip() for step in steps(workflow) for line in step.get("run", "").splitlines()]


def options_of(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z].*", word)]


def check_command(line: str) -> None:
    """The verb exists, and has the options."""
    program, *words = line.split("#")[0].split()
    command: Any = typer.main.get_command(export_app if program == "efficientmod-export" else app)
    if program == "efficientmod" and words and not words[0].startswith("-"):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert not set(options_of(words)) - known, line


def check_script(name: str, rest: str) -> None:
    """The script exists, and names the options."""
    source = (REPOSITORY / name).read_text()
    assert all(f'"{option}"' in source for option in options_of(rest.split("#")[0].split())), (name, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    links = [target for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text) if "://" not in target]
    assert [target for target in links if not (page.parent / target).exists()] == []
    assert [name for name in NAMED_FILE.findall(text) if not (REPOSITORY / name).exists()] == []
    for line in COMMAND.findall(text):
        check_command(line)
    for name, rest in SCRIPT.findall(text):
        check_script(name, rest)


def test_the_public_modules_state_what_they_offer() -> None:
    section = (REPOSITORY / "docs" / "versioning.md").read_text().partition("- Every name in the `__all__`")[2]
    modules = re.findall(r"`(efficientmod_\w+(?:\.\w+)*)`", section.partition("\n- ")[0])
    assert len(modules) == 12
    for name in modules:
        module = importlib.import_module(name)
        assert all(hasattr(module, offered) for offered in module.__all__), name


def test_the_readme_has_a_row_for_every_target() -> None:
    rows = [line for line in (REPOSITORY / "README.md").read_text().splitlines() if line.startswith("| `")]
    for target in all_targets():
        (row,) = [row for row in rows if re.match(rf"\| `{target.name}`.* \| `{target.variants[0].file()}` \|", row)]
        assert row.split("|")[-2].replace(" weights", "").replace(",", "").split() == list(target.precisions)


def test_the_checks_above_find_what_is_wrong(tmp_path: Path) -> None:
    for line in ("efficientmod proove out", "efficientmod verify out --layer", "efficientmod-export --target all -x"):
        assert COMMAND.findall(f"say `{line}`") == [line]
        with pytest.raises(AssertionError):
            check_command(line)
    check_command("efficientmod verify out --layers --checkpoint my.pth  # with a comment --of-ours")
    check_command("efficientmod --version")
    with pytest.raises(AssertionError):
        check_script("benchmarks/forms.py", " --wriite")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_whole_and_its_commands_exist(workflow: Path) -> None:
    document = load(workflow)
    # YAML 1.1, which PyYAML reads, takes a bare "on" for true.
    assert document.keys() - {"concurrency"} == {"name", True, "permissions", "jobs"}
    assert document["permissions"] == {"contents": "read"}
    for job in jobs(workflow):
        assert {"name", "runs-on", "timeout-minutes", "steps"} <= job.keys()
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step), step
        assert "uses" not in step or re.fullmatch(r"actions/(checkout|setup-python)@v\d+", step["uses"])
    for line in run_lines(workflow):
        if line.startswith("efficientmod"):
            check_command(line.partition(">")[0])


def test_ci_runs_the_commands_of_the_whole_run() -> None:
    whole = (REPOSITORY / ".ci" / "run").read_text()
    lines = run_lines(REPOSITORY / ".github" / "workflows" / "ci.yml")
    assert len(set(lines)) == 5
    assert [line for line in lines if not re.search(rf"(^|&& ){re.escape(line)}( |$)", whole, re.MULTILINE)] == []


def test_the_scheduled_run_lifts_pins_that_exist() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    required = {re.split(r"[=<>~\[]", text)[0]: text for texts in extras.values() for text in texts}
    (job,) = jobs(REPOSITORY / ".github" / "workflows" / "scheduled.yml")
    assert job["continue-on-error"] is True
    for package in job["strategy"]["matrix"]["package"]:
        assert re.search("==|<", required[package]), package


def test_hooks_use_the_pinned_tools() -> None:
    pinned = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]["test"]
    (local,) = load(REPOSITORY / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        assert hook["language"] == "system", hook
        program, *words = hook["entry"].split()
        if program == "python":
            check_script(words[0], " ".join(words[1:]))
        else:
            assert any(text.startswith(f"{program}==") for text in pinned), program


def test_the_bug_form_asks_for_what_is_needed() -> None:
    form = load(REPOSITORY / ".github" / "ISSUE_TEMPLATE" / "bug.yml")
    assert {"name", "description", "body"} <= form.keys()
    asked = {item["id"]: item for item in form["body"] if item["type"] != "markdown"}
    assert {item["type"] for item in form["body"]} <= {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert "`efficientmod doctor --json`" in asked["doctor"]["attributes"]["label"]
    assert all(item["validations"]["required"] for item in asked.values())
    for line in COMMAND.findall((REPOSITORY / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text()):
        check_command(line)
    assert isinstance(load(REPOSITORY / ".github" / "ISSUE_TEMPLATE" / "config.yml")["blank_issues_enabled"], bool)
