"""Publish a bundle on the Hugging Face Hub."""

from pathlib import Path

from efficientmod_mobile.errors import BundleError, DependencyError, InputError
from efficientmod_mobile.messages import described


def check_repository(repository: str) -> None:
    """Check before the work that `push_bundle` can name the repository.

    Raises DependencyError without huggingface_hub, InputError for what is not owner/name.
    """
    try:
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import validate_repo_id
    except ModuleNotFoundError as error:
        raise DependencyError(
            'The Hub needs huggingface_hub; install it with: pip install "efficientmod-mobile[zoo]"',
            code="missing_package",
        ) from error
    problem: HFValidationError | None = None
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        problem = error
    if problem or "/" not in repository:
        raise InputError(
            f"{repository!r} is not the name of a repository; write owner/name.", code="invalid_repository_name"
        ) from problem


def push_bundle(bundle: Path | str, repository: str) -> str:
    """Upload the bundle's files to the model repository `owner/name`, and give its address.

    A repository that there is not yet is made, as a private one. The token is that of `hf auth login` or HF_TOKEN.
    Raises BundleError where the Hub does not take it; the bundle stays as it is.
    """
    check_repository(repository)
    from huggingface_hub import HfApi

    api = HfApi()
    try:
        address = api.create_repo(repository, private=True, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=bundle, commit_message="A bundle of efficientmod-mobile")
    except Exception as error:  # the Hub's client passes on its HTTP client's errors
        raise BundleError(
            f"The bundle in {bundle} could not be pushed to {repository} ({described(error)}); log in with "
            "`hf auth login`, or set HF_TOKEN, and push it again.",
            code="hub_push_failed",
        ) from error
    return str(address)
