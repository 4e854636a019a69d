"""The golden samples of a bundle, for the proof: pictures, network inputs, and the reference's outputs."""

import numpy as np

from efficientmod_export._stages import Outputs, Sample, SampleInput
from efficientmod_export.bundle._picture import open_picture
from efficientmod_export.bundle._preprocessing import Preprocessing
from efficientmod_export.bundle.contract import Bundle, GoldenInput, GoldenSample, Input, read_tensor
from efficientmod_mobile.errors import BundleError


def picture_input_of(bundle: Bundle) -> tuple[Input, Preprocessing]:
    """The network's only input, and how pictures become it. Raises BundleError for a network with other inputs."""
    (first, *others) = bundle.manifest.inputs
    if others or first.preprocessing is None:
        names = ", ".join(declared.name for declared in bundle.manifest.inputs)
        raise BundleError(
            f"{bundle.path} has the inputs {names}; this is for networks that take one picture.",
            code="unsupported_bundle_inputs",
        )
    return first, first.preprocessing


def golden_samples(bundle: Bundle, among: tuple[GoldenSample, ...]) -> tuple[Sample, ...]:
    """The given samples of the bundle, read from its files."""
    return tuple(_read_sample(bundle, golden) for golden in among)


def golden_references(bundle: Bundle, among: tuple[GoldenSample, ...]) -> tuple[Outputs, ...]:
    """The reference's outputs for the given samples of the bundle, read from its files."""
    declared = {output.name: output for output in bundle.manifest.outputs}
    return tuple(
        tuple(
            read_tensor(bundle.path / given.tensor.file, declared[given.output].shape, declared[given.output].dtype)
            for given in golden.outputs
        )
        for golden in among
    )


def check_golden(bundle: Bundle, samples: tuple[Sample, ...]) -> list[str]:
    """A sentence for each sample's tensor that is not, bit for bit, the preprocessing's result for its picture."""
    problems = []
    for sample in samples:
        for declared, given in zip(bundle.manifest.inputs, sample.inputs, strict=True):
            if declared.preprocessing is None or given.pixels is None:
                continue
            again, tensor = declared.preprocessing.tensor(given.pixels), given.tensor
            if not np.array_equal(again, tensor):
                count = int(np.count_nonzero(again != tensor)) if again.shape == tensor.shape else again.size
                problems.append(
                    f"golden sample {sample.name}: the preprocessing's result for {declared.name} differs from the "
                    f"tensor in {count} values"
                )
    return problems


def _read_sample(bundle: Bundle, golden: GoldenSample) -> Sample:
    pairs = zip(bundle.manifest.inputs, golden.inputs, strict=True)
    inputs = tuple(_read_input(bundle, golden.name, declared, given) for declared, given in pairs)
    return Sample(name=golden.name, kind=golden.kind, inputs=inputs)


def _read_input(bundle: Bundle, sample: str, declared: Input, given: GoldenInput) -> SampleInput:
    tensor = read_tensor(bundle.path / given.tensor.file, declared.shape, declared.dtype)
    if declared.preprocessing is None:
        return SampleInput(tensor)
    if given.picture is None:
        raise BundleError(
            f"The golden sample {sample} has no picture; export the bundle again.", code="no_golden_picture"
        )
    source = open_picture(bundle.path / given.picture.file)
    return SampleInput(tensor, source, declared.preprocessing.pixels(source))
