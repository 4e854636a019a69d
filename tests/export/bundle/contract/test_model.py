"""Where weights come from, and what wrote a bundle."""

from importlib import metadata

import pytest
from pydantic import ValidationError

from efficientmod_export.bundle.contract import Generator, Weights

DIGEST = "ab" * 32


def test_the_statement_of_weights() -> None:
    assert Weights.of("seeded", sha256=None, seed=0).statement == "seeded: for latency only"
    assert Weights.of("checkpoint", sha256=DIGEST, seed=None).statement == f"checkpoint, SHA-256 {DIGEST}"
    noted = Weights.of("checkpoint", sha256=DIGEST, seed=None, notes=["from ema", "without the prefix net."])
    assert noted.statement == f"checkpoint, SHA-256 {DIGEST}, from ema, without the prefix net."
    assert Weights.of("module", sha256=DIGEST, seed=None).statement == "as the module holds them"


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": DIGEST},
        {"seed": None},
        {"statement": "trained"},
        {"kind": "checkpoint", "statement": "trained"},
        {"kind": "module", "sha256": DIGEST, "seed": None},
    ],
    ids=str,
)
def test_weights_that_contradict_themselves(changes: dict[str, object]) -> None:
    good = Weights.of("seeded", sha256=None, seed=0).model_dump()
    with pytest.raises(ValidationError):
        Weights.model_validate({**good, **changes})


def test_the_generator_is_the_installed_package() -> None:
    try:
        version = metadata.version("efficientmod-mobile")
    except metadata.PackageNotFoundError:
        pytest.skip("the package is on the path but not installed, and has no version")
    assert Generator.installed() == Generator(name="efficientmod-mobile", version=version)
