"""Every error of the toolkit has a code, which belongs to one class, is listed in docs/errors.md and is pickled."""

import ast
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from efficientmod_export.bundle.contract import RefusedBundleError
from efficientmod_export.bundle.contract._refusal import Problem, Refusal
from efficientmod_export.mil import PackageError
from efficientmod_export.targets import UnitRefusesError
from efficientmod_export.targets.tflite.writer import UnsupportedOperatorsError
from efficientmod_export.targets.tflite.writer._errors import UnsupportedNode
from efficientmod_mobile import errors
from efficientmod_mobile.errors import EfficientModError, InputError

REPOSITORY = Path(__file__).parents[1]
SCRIPT = REPOSITORY / "docs" / "list_errors.py"
TREE = """
class EfficientModError(Exception):
    exit_code = 1

class InputError(EfficientModError):
    exit_code = 2

class ModelError(InputError):
    pass

class OtherError(Exception):
    pass
"""


def list_errors(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_every_error_has_a_code_and_the_page_lists_it() -> None:
    done = list_errors("--check")
    assert done.returncode == 0, done.stderr


def test_the_page_has_every_class_with_its_exit_code() -> None:
    rows = [line.split("|")[1:4] for line in (REPOSITORY / "docs" / "errors.md").read_text().splitlines()[1:]]
    listed = {kind.strip(" `"): int(number) for code, kind, number in filter(is_row, rows)}
    others = (RefusedBundleError, PackageError, UnitRefusesError, UnsupportedOperatorsError)
    known = [*(getattr(errors, name) for name in errors.__all__), *others]
    # The root is not raised itself.
    assert {kind.__name__: kind.exit_code for kind in known if kind is not EfficientModError}.items() <= listed.items()


def is_row(cells: list[str]) -> bool:
    return len(cells) == 3 and cells[0].startswith(" `")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small one: the tree, and one error with a code."""
    for folder in ("efficientmod_mobile", "export/efficientmod_export", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "efficientmod_mobile" / "errors.py").write_text(TREE)
    (tmp_path / "efficientmod_mobile" / "one.py").write_text('raise errors.InputError("a", code="unknown_target")\n')
    return tmp_path


def test_the_line_of_what_to_do_stays(repository: Path) -> None:
    root, page = ("--root", str(repository)), repository / "docs" / "errors.md"
    done = list_errors(*root)
    assert done.returncode == 1
    assert "unknown_target" in done.stderr
    page.write_text(page.read_text().replace("| 2 |  |", "| 2 | Choose a | b. |"))
    assert list_errors("--check", *root).returncode == 0
    (repository / "export/efficientmod_export/two.py").write_text('ModelError("b", code="unknown_model")')
    assert list_errors("--check", *root).returncode == 1
    list_errors(*root)
    rows = page.read_text().splitlines()[-2:]
    assert rows == [
        "| `unknown_target` | `InputError` | 2 | Choose a | b. |",
        "| `unknown_model` | `ModelError` | 2 |  |",
    ]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('raise InputError("a")', "two.py:1: InputError"),
        ('def made():\n    return ModelError("a")', "two.py:2: ModelError"),
        ("raise InputError", "two.py:1: InputError"),
        ('raise InputError("a", code=code)', "two.py:1: InputError"),
        ('raise InputError("a", code="Unknown Target")', "two.py:1: InputError"),
        ('raise ModelError("a", code="unknown_target")', "two.py:1: unknown_target"),
        ("class OwnError(InputError):\n    def __init__(self):\n        super().__init__('a')", "two.py:1: OwnError"),
    ],
    ids=["none", "returned", "a bare class", "computed", "form", "of two classes", "of a class's own"],
)
def test_an_error_without_a_code_of_its_class_is_told(repository: Path, source: str, place: str) -> None:
    (repository / "export/efficientmod_export/two.py").write_text(source)
    done = list_errors("--root", str(repository))
    assert done.returncode == 1
    assert place in done.stderr
    assert not (repository / "docs" / "errors.md").exists()


def test_errors_of_other_kinds_need_none(repository: Path) -> None:
    (repository / "export/efficientmod_export/two.py").write_text('raise OtherError("a")\nraise ValueError("b")\nraise')
    assert "two.py" not in list_errors("--root", str(repository)).stderr


@pytest.mark.parametrize("name", errors.__all__)
def test_a_code_is_kept_in_another_process(name: str) -> None:
    error = getattr(errors, name)("what, and what to do", code="some_code")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, str(again)) == (type(error), "some_code", "what, and what to do")


def test_no_test_matches_the_words_of_our_errors() -> None:
    """But what the user must find in the message: `refused(InputError, "unknown_target", "coreml")`."""
    kinds = {kind.__name__ for kind in every_class(EfficientModError)}
    found = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in sorted((REPOSITORY / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises"
        if any(word.arg == "match" for word in node.keywords) and ast.unparse(node.args[0]) in kinds
    ]
    assert found == []


def every_class(kind: type[EfficientModError]) -> set[type[EfficientModError]]:
    return {kind}.union(*(every_class(below) for below in kind.__subclasses__()))


def test_what_an_error_has_beside_its_message_is_kept() -> None:
    problem = Problem(Refusal.LINK, "model.onnx", "it is a link")
    refused = pickle.loads(pickle.dumps(RefusedBundleError.of("The bundle is damaged", [problem])))
    assert (refused.code, refused.problems) == ("link", (problem,))
    node = UnsupportedNode("Relu", "first", {}, ((1, 2),), "not today")
    error = UnsupportedOperatorsError([node])
    unsupported = pickle.loads(pickle.dumps(error))
    assert (unsupported.code, unsupported.nodes, str(unsupported)) == ("unsupported_operators", (node,), str(error))


def test_an_error_without_a_code_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="code"):
        InputError("a")  # type: ignore[call-arg]
    assert InputError("a", code="b").as_json() == {"code": "b", "kind": "InputError", "message": "a"}
