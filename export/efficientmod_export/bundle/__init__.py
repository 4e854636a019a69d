"""The bundle: the folder that an export writes, whole or not at all, and that `verify` and the apps read.

The format of its files is in `contract/`.
"""

from efficientmod_export.bundle._after_network import follow
from efficientmod_export.bundle._card import Credits, LoadingCode, picture_sentence, write_card
from efficientmod_export.bundle._describe import (
    ProvenArtifact,
    describe_artifact,
    model_file,
    read_recorded,
    tool_versions,
)
from efficientmod_export.bundle._destination import unlisted_files
from efficientmod_export.bundle._digest import total_size
from efficientmod_export.bundle._golden import check_golden, golden_references, golden_samples, picture_input_of
from efficientmod_export.bundle._pack import pack_bundle
from efficientmod_export.bundle._picture import PICTURE_SUFFIXES, decode_picture, open_picture
from efficientmod_export.bundle._preprocessing import Crop, Preprocessing, Resize
from efficientmod_export.bundle._push import check_repository, push_bundle
from efficientmod_export.bundle._write import BundleWriter

__all__ = [
    "PICTURE_SUFFIXES",
    "BundleWriter",
    "Credits",
    "Crop",
    "LoadingCode",
    "Preprocessing",
    "ProvenArtifact",
    "Resize",
    "check_golden",
    "check_repository",
    "decode_picture",
    "describe_artifact",
    "follow",
    "golden_references",
    "golden_samples",
    "model_file",
    "open_picture",
    "pack_bundle",
    "picture_input_of",
    "picture_sentence",
    "push_bundle",
    "read_recorded",
    "tool_versions",
    "total_size",
    "unlisted_files",
    "write_card",
]
