"""Download a checkpoint from the Hugging Face Hub."""

from pathlib import Path

from efficientmod_mobile.errors import CheckpointError, DependencyError
from efficientmod_mobile.messages import described

HUB_PREFIX = "hf-hub:"
# The names under which timm and transformers publish weights; first the format that cannot contain code.
FILENAMES = ("model.safetensors", "pytorch_model.bin")


def download(source: str) -> Path:
    """The path of the weights of `hf-hub:owner/name` in the Hub's local cache, downloaded if necessary.

    Raises CheckpointError if the repository has no weights or cannot be reached, DependencyError if huggingface_hub is
    missing.
    """
    repository = source.removeprefix(HUB_PREFIX)
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise DependencyError(
            f'{source} needs huggingface_hub; install it with: pip install "efficientmod-mobile[zoo]"',
            code="missing_package",
        ) from error
    for filename in FILENAMES:
        try:
            return Path(hf_hub_download(repository, filename))
        except LocalEntryNotFoundError as error:  # a kind of EntryNotFoundError, raised when there is no connection
            raise CheckpointError(
                f"{source} is not in the local cache and the Hub cannot be reached.", code="hub_unreachable"
            ) from error
        except EntryNotFoundError:
            continue
        except HFValidationError as error:
            raise CheckpointError(
                f"{source} is not the name of a repository; write hf-hub:owner/name.", code="invalid_hub_name"
            ) from error
        except OSError as error:  # the Hub's HTTP errors are OSErrors
            raise CheckpointError(
                f"{source} cannot be downloaded ({described(error)}).", code="download_failed"
            ) from error
    raise CheckpointError(f"{source} contains neither {' nor '.join(FILENAMES)}.", code="no_hub_weights")
