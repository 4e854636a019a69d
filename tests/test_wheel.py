"""The wheel, built and installed in a fresh environment, does what the README says and names what it lacks."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that has the wheel and its extra `tflite`, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, REPOSITORY, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / "bin"
    done = run(programs / "python", "-m", "pip", "install", "--quiet", f"{wheel}[tflite]", cwd=folder)
    assert done.returncode == 0, done.stderr
    return programs


def test_it_exports_and_verifies(installed: Path, tmp_path: Path) -> None:
    made = run(installed / "efficientmod-export", "--model", "efficientmod_xxs", "--target", "tflite", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "for latency only" in made.stdout
    proven = run(installed / "efficientmod", "verify", "out", cwd=tmp_path)
    assert proven.returncode == 0, proven.stderr


def test_it_names_the_pip_command_for_a_target_that_was_not_installed(installed: Path, tmp_path: Path) -> None:
    made = run(installed / "efficientmod-export", "--model", "efficientmod_xxs", "--target", "coreml", cwd=tmp_path)
    assert made.returncode == 3
    assert 'pip install "efficientmod-mobile[coreml]"' in made.stderr
    assert list(tmp_path.iterdir()) == []
    shown = run(installed / "efficientmod", "doctor", cwd=tmp_path)
    assert 'pip install "efficientmod-mobile[executorch]"' in shown.stdout
