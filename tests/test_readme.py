"""The README's test command is the one that CI runs."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = "python3 -m venv .venv && . .venv/bin/activate && pip install "


def test_ci_runs_the_readmes_test_command() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    (command,) = [line.strip() for line in readme.splitlines() if line.strip().startswith(f'{ENVIRONMENT}-e ".[test]"')]
    assert command.replace("pip install", "pip install --quiet") in (REPOSITORY / ".ci" / "run").read_text()
