"""Fetch a checkpoint from the Hugging Face Hub."""

from pathlib import Path

from efficientmod_mobile.errors import CheckpointError, DependencyError
from efficientmod_mobile.messages import described

HUB_PREFIX = "hf-hub:"
# The two names under which timm and transformers publish weights, the one that cannot hold code first.
FILENAMES = ("model.safetensors", "pytorch_model.bin")


def download(source: str) -> Path:
    """The weights of `hf-hub:owner/name` in the Hub's local cache, downloaded if they are not there.

    Raises CheckpointError where the repository has no weights or cannot be reached, DependencyError where
    huggingface_hub is missing.
    """
    repository = source.removeprefix(HUB_PREFIX)
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise DependencyError(
            f'{source} needs huggingface_hub; install it with: pip install "efficientmod-mobile[zoo]"'
        ) from error
    for filename in FILENAMES:
        try:
            return Path(hf_hub_download(repository, filename))
        except LocalEntryNotFoundError as error:  # a kind of EntryNotFoundError, raised when there is no connection
            raise CheckpointError(f"{source} is not in the local cache and the Hub cannot be reached.") from error
        except EntryNotFoundError:
            continue
        except HFValidationError as error:
            raise CheckpointError(f"{source} names no repository; write hf-hub:owner/name.") from error
        except OSError as error:  # the Hub's HTTP errors are OSErrors
            raise CheckpointError(f"{source} cannot be downloaded ({described(error)}).") from error
    raise CheckpointError(f"{source} holds neither {' nor '.join(FILENAMES)}.")
