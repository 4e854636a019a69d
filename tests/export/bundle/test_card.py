"""The README.md of a bundle, from an export to the page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export.bundle.contract import read_bundle

Command = Callable[..., Result]


@pytest.fixture
def card(efficientmod: Command, tiny_model: str) -> str:
    credited = ("--author", "Ann | Bo", "--license", "MIT", "--description", "Tells seven birds.")
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--resolution", "48x64", *credited)
    assert made.exit_code == 0, made.output
    return Path("out/README.md").read_text()


def test_it_says_what_the_manifest_says(card: str) -> None:
    bundle = read_bundle(Path("out"))
    assert [stored.file for stored in bundle.manifest.other_files] == ["README.md"]
    for words in (
        "# build\n\nTells seven birds.\n",
        "| author | Ann \\| Bo |",
        "| licence | MIT |",
        "| task | classification, 7 classes |",
        "`image`, (1, 3, 48, 64): an upright RGB picture, resized, with its proportions, so that it covers 54x73",
        "minus 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225.",
        "| `model.onnx` | `input`, float32 (1, 3, 48, 64), NCHW: normalised as above |",
        "| `logits` | (1, 7) | logits: real numbers, of which softmax makes probabilities |",
        "softmax of `logits`, then top_k of `logits`",
    ):
        assert words in card, words
    proof = json.loads(Path("out/proof.json").read_text())["artifacts"][0]["checks"][0]["verdict"]["worst"][0]
    assert f"cpu, float32 | proven | {proof['max_relative_error']:.1e} |" in card


def test_tables_are_whole(card: str) -> None:
    for block in re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(columns) == 1, block


def test_code_of_the_targets_names_the_file_and_its_shape() -> None:
    from efficientmod_export.targets import all_targets

    coded = {target.name: target.code for target in all_targets() if target.code}
    assert set(coded) >= {"coreml", "executorch", "tflite"}
    for name, code in coded.items():
        for text in filter(None, (code.kotlin, code.swift)):
            assert "{file}" in text, name
            assert "{height}" in text, name
            assert len(text.strip().splitlines()) <= 10, name
