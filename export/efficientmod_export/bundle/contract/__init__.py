"""The contract with the apps: the content of `manifest.json` and `proof.json`, and how a bundle is read and checked.

`docs/bundle_format.md` states the same for people who write a reader in another language.
"""

from efficientmod_export.bundle.contract._artifact import MAIN, ArtifactEntry, FailedVariant, Limits, State, UnitProof
from efficientmod_export.bundle.contract._evidence import (
    PROOF_NAME,
    ArtifactEvidence,
    Check,
    Evidence,
    Gate,
    Refused,
    Transforms,
    TransformStep,
    conclude,
    write_evidence,
)
from efficientmod_export.bundle.contract._feed import artifact_input, laid_out, network_output, picture_input
from efficientmod_export.bundle.contract._golden import (
    GOLDEN_NAME,
    GoldenInput,
    GoldenOutput,
    GoldenPicture,
    GoldenSample,
    read_tensor,
    write_golden,
)
from efficientmod_export.bundle.contract._interface import (
    ArtifactInput,
    ArtifactOutput,
    Input,
    Normalisation,
    Output,
    Step,
)
from efficientmod_export.bundle.contract._labels import LABELS_NAME, parse_labels, write_labels
from efficientmod_export.bundle.contract._manifest import MANIFEST_NAME, Manifest
from efficientmod_export.bundle.contract._model import SEEDED_STATEMENT, Generator, Model, TaskEntry, Weights
from efficientmod_export.bundle.contract._read import Bundle, check_file, check_files, open_bundle, read_bundle
from efficientmod_export.bundle.contract._refusal import Problem, Refusal, RefusedBundleError, problems_of
from efficientmod_export.bundle.contract._schema import schema_of
from efficientmod_export.bundle.contract._stored import Labels, StoredFile
from efficientmod_export.bundle.contract._vocabulary import (
    FORMAT_VERSION,
    ArtifactDtype,
    BundlePath,
    Dtype,
    Layout,
    Name,
    Sha256,
    Shape,
    Side,
    Size,
    Text,
    Word,
)

__all__ = [
    "FORMAT_VERSION",
    "GOLDEN_NAME",
    "LABELS_NAME",
    "MAIN",
    "MANIFEST_NAME",
    "PROOF_NAME",
    "SEEDED_STATEMENT",
    "ArtifactDtype",
    "ArtifactEntry",
    "ArtifactEvidence",
    "ArtifactInput",
    "ArtifactOutput",
    "Bundle",
    "BundlePath",
    "Check",
    "Dtype",
    "Evidence",
    "FailedVariant",
    "Gate",
    "Generator",
    "GoldenInput",
    "GoldenOutput",
    "GoldenPicture",
    "GoldenSample",
    "Input",
    "Labels",
    "Layout",
    "Limits",
    "Manifest",
    "Model",
    "Name",
    "Normalisation",
    "Output",
    "Problem",
    "Refusal",
    "Refused",
    "RefusedBundleError",
    "Sha256",
    "Shape",
    "Side",
    "Size",
    "State",
    "Step",
    "StoredFile",
    "TaskEntry",
    "Text",
    "TransformStep",
    "Transforms",
    "UnitProof",
    "Weights",
    "Word",
    "artifact_input",
    "check_file",
    "check_files",
    "conclude",
    "laid_out",
    "network_output",
    "open_bundle",
    "parse_labels",
    "picture_input",
    "problems_of",
    "read_bundle",
    "read_tensor",
    "schema_of",
    "write_evidence",
    "write_golden",
    "write_labels",
]
