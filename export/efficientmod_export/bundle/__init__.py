"""The bundle: the folder that an export writes, whole or not at all, and that `verify` and the apps read."""

from efficientmod_export.bundle._entries import (
    describe_artifact,
    describe_generator,
    describe_weights,
    model_file,
    tool_versions,
    write_labels,
)
from efficientmod_export.bundle._golden import check_golden, golden_references, golden_samples, write_golden
from efficientmod_export.bundle._manifest import (
    SCHEMA_VERSION,
    ArtifactEntry,
    FailedTarget,
    Generator,
    GoldenEntry,
    Labels,
    Manifest,
    Model,
    Tensor,
    Transforms,
    WeightsSource,
)
from efficientmod_export.bundle._picture import open_picture
from efficientmod_export.bundle._preprocessing import Crop, Preprocessing, Resize
from efficientmod_export.bundle._read import Bundle, check_files, open_bundle, read_bundle
from efficientmod_export.bundle._write import BundleWriter

__all__ = [
    "SCHEMA_VERSION",
    "ArtifactEntry",
    "Bundle",
    "BundleWriter",
    "Crop",
    "FailedTarget",
    "Generator",
    "GoldenEntry",
    "Labels",
    "Manifest",
    "Model",
    "Preprocessing",
    "Resize",
    "Tensor",
    "Transforms",
    "WeightsSource",
    "check_files",
    "check_golden",
    "describe_artifact",
    "describe_generator",
    "describe_weights",
    "golden_references",
    "golden_samples",
    "model_file",
    "open_bundle",
    "open_picture",
    "read_bundle",
    "tool_versions",
    "write_golden",
    "write_labels",
]
