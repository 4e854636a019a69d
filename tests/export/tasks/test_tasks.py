"""Tasks are found by their folders, and recognise their networks."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export import tasks
from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import Input
from efficientmod_export.tasks import NetworkFacts, all_tasks, find_tasks, recognise
from efficientmod_mobile import PreprocessingConfig
from efficientmod_mobile.errors import InputError

from ...raising import refused

TOY = """
from efficientmod_mobile import IMAGENET


class Toy:
    def default_preprocessing(self, network):
        return IMAGENET

    def fit(self, network):
        return {fit}

    def outputs(self, network):
        return ()

    def after_network(self, outputs, inputs):
        return ()


TASK = Toy()
"""


def facts(*shapes: tuple[int, ...], classes: int | None = None) -> NetworkFacts:
    draw = np.random.RandomState(0)
    samples = tuple(tuple(draw.standard_normal(shape).astype(np.float32) for shape in shapes) for _ in range(2))
    return NetworkFacts(classes, ((1, 3, 32, 48),), samples)


def image(mean: float = 0.0, std: float = 1.0) -> Input:
    config = PreprocessingConfig((32, 48), "bicubic", 1.0, (mean,) * 3, (std,) * 3)
    return Input.picture("image", Preprocessing.from_config(config, (32, 48)))


def test_every_folder_is_a_task() -> None:
    folders = {path.parent.name for path in Path(tasks.__file__).parent.glob("*/__init__.py")}
    assert set(all_tasks()) == folders
    for name, task in all_tasks().items():
        default = task.default_preprocessing(facts((1, 10), classes=10))
        assert Preprocessing.from_config(default, default.input_size), name


def test_maps_are_made_of_the_whole_picture() -> None:
    features = all_tasks()["features"]
    dense, vectors = (features.default_preprocessing(facts(shape)) for shape in ((1, 21, 8, 12), (1, 64)))
    assert (dense.resize_mode, dense.crop_pct) == ("stretch", 1.0)
    assert (vectors.resize_mode, vectors.crop_pct) == ("cover", 0.875)
    assert all_tasks()["image_to_image"].default_preprocessing(facts((1, 3, 32, 48))).resize_mode == "stretch"


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (facts((1, 10), classes=10), "classification"),
        (facts((1, 4, 5, 6), (1, 10), classes=10), "classification"),
        (facts((1, 384)), "features"),
        (facts((1, 8), classes=10), "features"),
        (facts((1, 64, 8, 12), (1, 128, 4, 6)), "features"),
        (facts((1, 3, 32, 48)), "image_to_image"),
        (facts((1, 3, 128, 192)), "image_to_image"),
        (facts((1, 3, 64, 48)), "features"),
        (facts((1, 3, 16, 24)), "features"),
    ],
)
def test_a_network_is_recognised(network: NetworkFacts, name: str) -> None:
    assert recognise(network) == name


def test_a_classifier() -> None:
    network = facts((1, 4, 5, 6), (1, 10), classes=10)
    task = all_tasks()["classification"]
    maps, scores = task.outputs(network)
    assert (maps.name, maps.role, maps.layout) == ("features_0", "features", "NCHW")
    assert (scores.name, scores.role, scores.meaning, scores.layout) == ("logits", "scores", "logits", "any")
    assert [(step.step, step.output, step.parameters) for step in task.after_network((maps, scores), ())] == [
        ("softmax", "logits", {}),
        ("top_k", "logits", {"k": 5}),
    ]


def test_a_classifier_that_ends_with_softmax_and_has_few_classes() -> None:
    rows = np.array([[[0.25, 0.5, 0.25]], [[0.0, 0.9, 0.1]]], np.float32)
    network = NetworkFacts(3, ((1, 3, 32, 48),), tuple((row,) for row in rows))
    task = all_tasks()["classification"]
    [scores] = task.outputs(network)
    assert (scores.name, scores.meaning) == ("probabilities", "probabilities")
    assert [(step.step, step.parameters) for step in task.after_network((scores,), ())] == [("top_k", {"k": 3})]
    for shift, count, meaning in (
        (0.05, 5, "probabilities"),  # as after sigmoids
        (0.05, 4, "logits"),
        (0.2, 5, "logits"),
        (-0.01, 5, "logits"),
    ):
        shifted = ((rows[1] + np.float32(shift),),) * (count - 1)
        samples = (rows[0],), *shifted
        assert task.outputs(NetworkFacts(3, network.input_shapes, samples))[0].meaning == meaning
        for bounds in ((0.0, 1.0), (-np.inf, np.inf)):  # of a network, its last operators decide
            known = NetworkFacts(3, network.input_shapes, samples, lambda _, bounds=bounds: bounds)
            probable = bounds[0] == 0.0 and shift == 0.05
            assert task.outputs(known)[0].meaning == ("probabilities" if probable else "logits")


def test_features() -> None:
    task = all_tasks()["features"]
    vector, maps = task.outputs(facts((1, 384), (1, 64, 8, 12)))
    assert (vector.name, vector.role) == ("embedding_0", "embedding")
    assert (maps.name, maps.role, maps.shape) == ("features_1", "features", (1, 64, 8, 12))
    assert task.after_network((vector, maps), ()) == ()


def test_an_image_is_shown_with_the_inputs_normalisation() -> None:
    task = all_tasks()["image_to_image"]
    outputs = task.outputs(facts((1, 3, 64, 96)))
    [step] = task.after_network(outputs, (image(0.5, 0.25),))
    assert (step.step, step.output) == ("to_picture", "image_out")
    assert step.parameters == {"mean": [0.5] * 3, "std": [0.25] * 3}


def test_adding_a_folder_adds_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fit in (("pose", 2), ("depth", 0)):
        folder = tmp_path / "toy_tasks" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(TOY.format(fit=fit))
    (tmp_path / "toy_tasks" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    found = find_tasks(import_module("toy_tasks"))
    assert list(found) == ["depth", "pose"]
    assert recognise(facts((1, 17, 2)), {**all_tasks(), **found}) == "pose"
    with refused(InputError, "ambiguous_task", "classification and pose"):
        recognise(facts((1, 10), classes=10), {**all_tasks(), **found})
    with refused(InputError, "no_task", "(1, 10)"):
        recognise(facts((1, 10)), {"depth": found["depth"]})
    for name in [name for name in sys.modules if name.startswith("toy_tasks")]:
        del sys.modules[name]


def test_an_output_of_an_unknown_dtype_is_refused() -> None:
    network = NetworkFacts(None, ((1, 3, 32, 48),), ((np.zeros((1, 4), np.float64),),))
    with pytest.raises(ValueError, match="float64"):
        all_tasks()["features"].outputs(network)
