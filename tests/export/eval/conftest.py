"""A small trained-looking bundle, one whose artifact is another network's, and pictures with classes."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from efficientmod_export import export
from efficientmod_export.bundle.contract import open_bundle

from ..conftest import TINY, seal_again

CLASSES = 7
LABELS = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu")
COUNT = 24


@dataclass(frozen=True)
class Made:
    """`bundle` is of the network, seeded by its code; `other` says that it is the same and has another network's file.

    The pictures are `images`/NN.png; `scores` are what PyTorch and the other file give, by the pictures' names.
    """

    folder: Path
    bundle: Path
    other: Path
    images: Path
    scores: dict[str, NDArray[np.float32]]
    other_scores: dict[str, NDArray[np.float32]]

    def best(self, name: str) -> int:
        """What PyTorch says."""
        return int(np.argmax(self.scores[name]))

    def other_best(self, name: str) -> int:
        """What the other file says."""
        return int(np.argmax(self.other_scores[name]))


def draw(folder: Path, count: int) -> None:
    """Pictures of colours and stripes, of sides that differ."""
    random = np.random.RandomState(3)
    folder.mkdir(parents=True)
    for number in range(count):
        colour = random.randint(0, 256, 3)
        stripes = 60 * np.sin(np.arange(90) * random.uniform(0.05, 1))[:, None, None]
        noise = random.randint(-40, 40, (90, 70, 3))
        pixels = np.clip(colour + stripes + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")


class _Here(ThreadPoolExecutor):
    """In the place of processes, which import everything again: a thread that is told the same."""

    def __init__(self, count: int, context: object, initializer: object) -> None:
        del count, context, initializer
        super().__init__(1)


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate without starting processes, for what does not depend on them."""
    monkeypatch.setattr("efficientmod_export._workers.ProcessPoolExecutor", _Here)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("eval")
    spread = TINY.replace("return net", "net[-1].weight.data *= 20\n    return net")  # so that classes differ
    (folder / "eval_network.py").write_text(spread)
    blurred = spread.replace("return net", "net[-1].weight.data += torch.randn(7, 16)\n    return net")
    (folder / "eval_other.py").write_text(blurred)
    draw(folder / "images", COUNT)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        for name in ("network", "other"):
            model, named = f"eval_{name}:build", {"labels": list(LABELS), "publish_names": True}
            made = export(model, targets="onnx", resolution="48x64", output=folder / name, **named)
            made.raise_for_failure()
        shutil.copytree(folder / "network", folder / "mixed")
        shutil.copy(folder / "other" / "model.onnx", folder / "mixed" / "model.onnx")
        seal_again(folder / "mixed")
        network = sys.modules["eval_network"].build().eval()
        session = onnxruntime.InferenceSession(str(folder / "mixed" / "model.onnx"))
        preprocessing = open_bundle(folder / "network").manifest.inputs[0].preprocessing
        assert preprocessing is not None
        scores, others = {}, {}
        for path in sorted((folder / "images").iterdir()):
            with Image.open(path) as picture:
                tensor = preprocessing.tensor(preprocessing.pixels(np.asarray(picture)))
            with torch.no_grad():
                scores[path.name] = network(torch.from_numpy(tensor)).numpy()[0]
            others[path.name] = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
        yield Made(folder, folder / "network", folder / "mixed", folder / "images", scores, others)
