"""docs/bundle_format.md leaves nothing out: every field, code, role, meaning and step is in it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import FORMAT_VERSION, Input, Refusal
from efficientmod_export.bundle.contract._schema import SCHEMAS, schema_text
from efficientmod_export.tasks import NetworkFacts, all_tasks
from efficientmod_mobile import IMAGENET

from ...schemas import enumerations

PAGE = (Path(__file__).parents[4] / "docs" / "bundle_format.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
QUOTED = set(re.findall(r'"([^"\n]+)"', PAGE))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field(name: str) -> None:
    schema = json.loads(schema_text(name))
    for title, definition in {name: schema, **schema["$defs"]}.items():
        assert set(definition.get("properties", ())) <= WORDS, title


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_of_a_closed_vocabulary(name: str) -> None:
    assert enumerations(json.loads(schema_text(name))) <= WORDS | QUOTED


def test_every_refusal() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \|", PAGE.split("## Refusals")[1], re.MULTILINE)) == set(Refusal)


def test_every_task() -> None:
    draw = np.random.RandomState(0)
    preprocessing = Preprocessing.from_config(IMAGENET, (32, 48))
    inputs = (Input.picture("image", preprocessing),)
    shapes = {"classification": (1, 10), "features": (1, 64, 8, 12), "image_to_image": (1, 3, 64, 96)}
    assert set(shapes) == set(all_tasks())
    for name, task in all_tasks().items():
        values = draw.standard_normal(shapes[name]).astype(np.float32)
        outputs = task.outputs(NetworkFacts(10, ((1, 3, 32, 48),), ((values,),)))
        steps = task.after_network(outputs, inputs)
        words = {name, *(one.role for one in outputs), *(one.meaning for one in outputs)}
        words |= {step.step for step in steps} | {key for step in steps for key in step.parameters}
        assert words <= WORDS


def test_the_version() -> None:
    assert PAGE.startswith(f"# The bundle format, version {FORMAT_VERSION}\n")
