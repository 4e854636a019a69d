"""What the two programs say of themselves, in terminals of several widths."""

import json
import re
import sys
from importlib import metadata

import pytest

from efficientmod_export.cli._verbs import app
from efficientmod_export.targets import target_names

from .terminal import NARROWEST_FIRST, WIDTHS, environment, in_pipe, in_terminal, program

VERBS = sorted(command.callback.__name__ for command in app.registered_commands if command.callback)

EVERY_HELP = """
import sys
from efficientmod_export.cli._verbs import app, run

for verb in sys.argv[1:]:
    print("help of", verb)
    sys.argv[1:] = [verb, "-h"]
    assert run(app) == 0
"""
"""What `efficientmod VERB -h` does, for each verb in turn: a program's start takes most of its time."""


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_help_of_every_verb_fits_and_shows_flags_as_flags(columns: int) -> None:
    shown = in_terminal(sys.executable, "-c", EVERY_HELP, *VERBS, columns=columns)
    assert shown.exit_code == 0, shown.text
    assert all(len(line) <= columns for line in shown.lines), shown.text
    helps = shown.text.split("help of ")[1:]
    assert [text.split()[0] for text in helps] == VERBS
    for text in helps:
        assert re.search(r"^  --json( FILE)? +Print the result", text, re.MULTILINE), text
        assert not re.search(r"<bool>|<str>|\u2026|\w-$|\N{NON-BREAKING HYPHEN}", text, re.MULTILINE), text


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_the_list_of_verbs_fits(columns: int) -> None:
    shown = in_terminal(*program("efficientmod"), columns=columns)
    assert shown.exit_code == 0
    assert all(len(line) <= columns for line in shown.lines), shown.text
    assert all(re.search(rf"^  {verb} +\w.*\.$", shown.text, re.MULTILINE) for verb in VERBS), shown.text


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
@pytest.mark.parametrize("verb", ["models", "doctor"])
def test_tables_fit_and_their_names_are_whole(verb: str, columns: int) -> None:
    shown = in_terminal(*program("efficientmod"), verb, columns=columns)
    assert shown.exit_code == 0, shown.text
    assert "\u2026" not in shown.text
    names = {"models": ["timm/swin_tiny_patch4_window7_224"], "doctor": ["huggingface-hub", "executorch"]}[verb]
    assert all(any(name in line and len(line) <= columns for line in shown.lines) for name in names), shown.text


@pytest.mark.parametrize("name", ["efficientmod", "efficientmod-export"])
def test_both_programs_say_their_version_and_complete(name: str) -> None:
    version = in_pipe(*program(name), "--version")
    assert version.stdout == f"efficientmod-mobile {metadata.version('efficientmod-mobile')}\n"
    assert in_pipe(*program(name), "-h").stdout == in_pipe(*program(name), "--help").stdout
    typed = "efficientmod export --target " if name == "efficientmod" else "efficientmod-export --target "
    asked = {
        f"_{name.upper().replace('-', '_')}_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    assert in_pipe(*program(name), variables=asked).stdout.split() == [*target_names(), "all"]


def test_wrong_arguments_are_one_sentence_and_with_json_a_document() -> None:
    ended = in_pipe(*program("efficientmod"), "lint", "--foo", "--json", "bundle")
    error = json.loads(ended.stdout)["error"]
    assert (ended.returncode, error["code"]) == (2, "wrong_arguments")
    assert ended.stderr == f"Error: {error['message']}\n"
    assert "--foo" in ended.stderr
    assert "efficientmod lint --help" in ended.stderr


def test_a_narrow_terminal_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert "COLUMNS" not in environment()
    longest = [max(map(len, in_terminal(*program("efficientmod"), "-h", columns=one).lines)) for one in (60, 80)]
    assert longest[0] <= 60 < longest[1]
