"""What ios_demo/ feeds a Core ML file with is what the file declares."""

import re
from pathlib import Path

import pytest

from efficientmod_export.foreign import quiet
from efficientmod_export.targets.coreml._mlpackage import MODEL
from efficientmod_mobile.deploy import Program

from ..conftest import Convert

with quiet():  # its imports warn
    from coremltools.proto import FeatureTypes_pb2, Model_pb2

SOURCE = Path(__file__).parents[4] / "ios_demo" / "App" / "Runtime" / "CoreMLRuntime.swift"


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_features_are_those_that_the_app_expects(precision: str, classifier: Program, convert: Convert) -> None:
    artifact = convert("coreml", classifier, precision)
    description = Model_pb2.Model.FromString((artifact.path / MODEL).read_bytes()).description
    source = SOURCE.read_text()
    taken = set(re.findall(r"\.(\w+)", source.split("let dtypes: Set<Dtype> = [")[1].split("]")[0]))
    assert {one.dtype for one in (*artifact.inputs, *artifact.outputs)} <= taken

    # The app makes a 32BGRA buffer of shape[2] x shape[1] for an input of uint8, and feeds it by the manifest's name.
    assert "artifact.inputs.map { $0.dtype == .uint8 ? try pixelBuffer($0.shape) : nil }" in source
    assert "CVPixelBufferCreate(nil, shape[2], shape[1], kCVPixelFormatType_32BGRA" in source
    for own, feature in zip(artifact.inputs, description.input, strict=True):
        assert feature.name == own.name
        image = feature.type.imageType
        assert (own.dtype, own.layout) == ("uint8", "NHWC")
        assert (image.width, image.height) == (own.shape[2], own.shape[1])
        assert image.colorSpace == FeatureTypes_pb2.ImageFeatureType.RGB

    # It reads each output as a multi-array, in the type that the file declares.
    dtypes = {"float32": FeatureTypes_pb2.ArrayFeatureType.FLOAT32, "int32": FeatureTypes_pb2.ArrayFeatureType.INT32}
    for own, feature in zip(artifact.outputs, description.output, strict=True):
        assert feature.name == own.name
        assert feature.type.multiArrayType.dataType == dtypes[own.dtype]
        assert tuple(feature.type.multiArrayType.shape) == own.shape
