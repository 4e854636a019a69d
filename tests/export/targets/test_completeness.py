"""Every target says all that is asked of it, and the files beside the targets name each."""

import re
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from efficientmod_export.targets import Target, Variant, all_targets
from efficientmod_mobile.deploy import TRANSFORMS, Repeat

REPOSITORY = Path(__file__).parents[3]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"site", "test"}
FOR_NO_TARGET = {"all", "bench", "cluster", "zoo", *FOR_DEVELOPERS}
VARIANTS = [variant for target in all_targets() for variant in target.variants]

each_target = pytest.mark.parametrize("target", all_targets(), ids=lambda target: target.name)
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


def packages_of(extra: str) -> set[str]:
    """What an extra brings, by pip's names."""
    brought = set()
    for requirement in map(Requirement, EXTRAS[extra]):
        if requirement.name == PROJECT["name"]:
            brought |= set().union(*map(packages_of, requirement.extras))
        else:
            brought.add(requirement.name)
    return brought


def row_of(target: Target) -> list[str]:
    """The target's row in the README's table: target, file, input, precision."""
    table = (REPOSITORY / "README.md").read_text(encoding="utf-8").partition("\n## Targets\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith(f"| `{target.name}`")]
    assert len(rows) == 1, f"the README's table of targets has {len(rows)} rows for {target.name}"
    return rows[0]


@each_target
def test_it_has_a_title_of_its_own(target: Target) -> None:
    assert target.title.strip() == target.title != ""
    assert [other.title for other in all_targets()].count(target.title) == 1


@each_target
def test_its_extra_brings_what_it_needs(target: Target) -> None:
    brought = set().union(*map(packages_of, target.extra.split(",")))
    assert target.packages
    assert set(target.packages) <= brought
    installed = metadata.packages_distributions()
    for module in target.modules:
        assert set(installed[module.partition(".")[0]]) & set(target.packages), module


def test_every_extra_for_targets_has_one() -> None:
    used = {extra for target in all_targets() for extra in target.extra.split(",")}
    assert used == set(EXTRAS) - FOR_NO_TARGET


def test_the_extra_all_is_every_extra_for_users() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == set(EXTRAS) - {"all", *FOR_DEVELOPERS}


@each_target
def test_the_readme_has_a_row_for_it(target: Target) -> None:
    _, file, _, precisions = row_of(target)
    assert f"`{target.variants[0].file()}`" in file
    assert re.findall(r"\b(?:fp|int|palette)\d+(?:-\w+)?", precisions) == list(target.precisions)


@each_target
def test_its_runtime_says_what_it_is(target: Target) -> None:
    runtime = target.runtime if target.interpreter is None else target.interpreter.runtime
    for one in (target.runtime, runtime):
        assert one.title
        assert one.distribution is None or metadata.version(one.distribution)


@each_target
@pytest.mark.parametrize(
    "kind", [lambda tool: tool.name, lambda tool: tool.log_tag], ids=["the name of its binary", "its tag in the log"]
)
def test_a_phone_tool_is_known_by(kind: Callable[[object], str], target: Target) -> None:
    for tool in target.phone_tools:
        known = {other for anyone in all_targets() for other in anyone.phone_tools if kind(other) == kind(tool)}
        assert known == {tool}


@each_variant
def test_it_may_run_somewhere_and_nowhere_twice(variant: Variant) -> None:
    places = [(place.unit, place.compute_precision) for place in variant.places]
    assert places
    assert len(set(places)) == len(places)
    assert all(place.limits.origin.strip() for place in variant.places)


@each_variant
def test_its_file_has_a_name_of_its_own(variant: Variant) -> None:
    names = [other.file().lower() for other in VARIANTS]
    assert names.count(variant.file().lower()) == 1
    assert re.fullmatch(r"[A-Za-z0-9_]+\.[a-z0-9]+", variant.file())
    assert (variant.precision.replace("-", "_") in variant.file()) != variant.default
    assert variant.file("boxes") != variant.file()


@each_variant
def test_its_recipe_is_of_registered_transforms(variant: Variant) -> None:
    parts = [part.transforms if isinstance(part, Repeat) else (part,) for part in variant.recipe]
    assert parts
    for transform in (one for group in parts for one in group):
        assert TRANSFORMS[transform.name] is type(transform)
