"""A network with trained weights on pictures whose classes are known, in PyTorch, on the processor and on the GPU."""

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from _gpu_records import Trained
from PIL import Image

from efficientmod_export.foreign import quiet
from efficientmod_export.parity import Outputs, Runner, Sample, SampleInput, torch_inputs
from efficientmod_export.steps import Subject, subject_of
from efficientmod_export.targets import runner_of
from efficientmod_export.targets.tflite import TARGET
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

VARIANT = TARGET.variant("fp32")
PYTORCH = "PyTorch"


def examine_trained(model: str, checkpoint: str, size: int, pictures: Path) -> Trained:
    """Count on how many pictures the first class is right, and PyTorch's."""
    with quiet(), tempfile.TemporaryDirectory() as folder:
        subject = subject_of(load_network(model, checkpoint), (size, size))
        artifact = TARGET.make(deploy(subject.capture(), VARIANT.recipe).program, subject.options("fp32"), Path(folder))
        runners: dict[str, Runner] = {PYTORCH: lambda sample: _in_pytorch(subject, sample)}
        for place in VARIANT.places:
            configuration = VARIANT.configuration(place)
            if TARGET.runtime.missing(configuration) is None:
                session = TARGET.runtime.open(artifact, configuration)
                runners[f"{place.unit} {place.compute_precision}"] = runner_of(session, artifact)
        right: Counter[str] = Counter()
        agree: Counter[str] = Counter()
        count = 0
        for sample, classes in _samples(subject, pictures):
            found = {name: int(run(sample)[0].argmax()) for name, run in runners.items()}
            right.update(name for name, first in found.items() if first in classes)
            agree.update(name for name, first in found.items() if first == found[PYTORCH])
            count += 1
        return Trained(model, count, *({name: counts[name] for name in runners} for counts in (right, agree)))


def _in_pytorch(subject: Subject, sample: Sample) -> Outputs:
    with torch.no_grad():
        return (subject.network.module(*torch_inputs(sample)).numpy(),)


def _samples(subject: Subject, folder: Path) -> Iterator[tuple[Sample, frozenset[int]]]:
    for path, classes in _labelled(folder):
        with Image.open(path) as image:
            picture = np.asarray(image.convert("RGB"))
        assert subject.preprocessing is not None
        pixels = subject.preprocessing.pixels(picture)
        given = SampleInput(subject.preprocessing.tensor(pixels), picture, pixels)
        yield replace(subject.held.samples[0], name=path.name, inputs=(given,)), classes


def _labelled(folder: Path) -> Iterator[tuple[Path, frozenset[int]]]:
    """Each picture and the classes that are right for it.

    They stand in `pictures.csv`, or each class has a folder, in the order of their names.
    """
    table = folder / "pictures.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield folder / row["file"], frozenset(map(int, row["imagenet_classes"].split()))
        return
    for number, place in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(place.iterdir()):
            yield path, frozenset({number})
