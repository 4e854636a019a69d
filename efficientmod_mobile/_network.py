"""From a name and a file of weights to a network that is ready to be exported."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from efficientmod_mobile._checkpoint import Checkpoint, read_checkpoint
from efficientmod_mobile._families import family_of
from efficientmod_mobile._matching import identify, load_into
from efficientmod_mobile._preprocessing import PreprocessingConfig, preprocessing_of
from efficientmod_mobile._seeding import seed_weights
from efficientmod_mobile.errors import CheckpointError, InputError

Kind = Literal["checkpoint", "seeded", "module"]


@dataclass(frozen=True)
class Weights:
    """Where the weights come from: a file, a `seed`, or the user's own module.

    `sha256` is the file's, or that of the module's names, shapes and values as they were built; None with a seed.
    """

    kind: Kind
    sha256: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Network:
    """A network in eval mode and float32. `num_classes` is None where it is no classifier."""

    name: str
    module: nn.Module
    num_classes: int | None
    weights: Weights
    preprocessing: PreprocessingConfig


def load_network(model: str | None, checkpoint: str | None, *, seed: int = 0) -> Network:
    """Build a network and give it its weights.

    `model` is `efficientmod_s`, `timm/repvit_m1_1` or `my_package.my_module:build`; None takes the EfficientMod variant
    that `checkpoint` holds. `checkpoint` is a file or `hf-hub:owner/name`; without one the weights are seeded ones of
    realistic scale, fit for measuring latency only, except that a user's own module keeps those that it came with.
    The number of classes is the checkpoint's, else the model's own.

    Raises InputError where neither is given, ModelError for the model, CheckpointError for the checkpoint,
    DependencyError for a missing timm or huggingface_hub.
    """
    file = None if checkpoint is None else read_checkpoint(checkpoint)
    name = model or _held_by(file)
    family = family_of(name)
    classes = None if file is None else family.classes_in(name, file.state)
    with torch.random.fork_rng(devices=[]):  # what the constructor draws is reproducible, the caller's stream untouched
        torch.manual_seed(seed)
        module = family.build(name, classes).eval().float()
    preprocessing = preprocessing_of(module, name)
    weights = _give_weights(module, name, file, None if family.own_weights else seed, preprocessing)
    return Network(name, module, _classes_of(module, preprocessing.input_size), weights, preprocessing)


def _held_by(file: Checkpoint | None) -> str:
    """The variant in the file, when it alone was given."""
    if file is None:
        raise InputError("No model was named; give --model efficientmod_s, or --checkpoint FILE, or both.")
    name = identify(file.state)
    if name is None:
        raise CheckpointError(
            f"The keys of {file.source} are those of no EfficientMod, so the model must be named: give --model NAME."
        )
    return name


def _give_weights(
    module: nn.Module, name: str, file: Checkpoint | None, seed: int | None, preprocessing: PreprocessingConfig
) -> Weights:
    """From the file if there is one, else from the seed, else those that the module has."""
    if file is not None:
        load_into(module, file, name)
        return Weights("checkpoint", sha256=file.sha256)
    if seed is not None:
        seed_weights(module, preprocessing.input_size, seed)
        return Weights("seeded", seed=seed)
    return Weights("module", sha256=_digest(module))


def _digest(module: nn.Module) -> str:
    """The SHA-256 of a module's state."""
    found = hashlib.sha256()
    for key, value in module.state_dict().items():
        found.update(f"{key} {value.dtype} {tuple(value.shape)}\n".encode())
        found.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _classes_of(module: nn.Module, input_size: tuple[int, int]) -> int | None:
    """The module's `num_classes`, else the width of its (1, K) output for a picture of zeros; None if neither is."""
    stated = getattr(module, "num_classes", None)
    if isinstance(stated, int):
        return stated or None
    try:
        with torch.no_grad():
            output = module(torch.zeros(1, 3, *input_size))
    except (Exception, SystemExit):
        # It may take another size; capturing the network will say what is wrong, if anything is.
        return None
    return output.shape[1] if isinstance(output, torch.Tensor) and output.ndim == 2 else None
