"""Build a network from a model's name and load its weights."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from efficientmod_mobile._checkpoint import Checkpoint, read_checkpoint
from efficientmod_mobile._families import family_of
from efficientmod_mobile._key_views import KeyView, key_views
from efficientmod_mobile._matching import identify, load_into
from efficientmod_mobile._preprocessing import PreprocessingConfig, preprocessing_of
from efficientmod_mobile._seeding import seed_weights
from efficientmod_mobile.errors import CheckpointError, InputError, ModelError

Kind = Literal["checkpoint", "seeded", "module"]


@dataclass(frozen=True)
class Weights:
    """Where the weights come from: a file, a `seed`, or the user's own module.

    `sha256` is that of the file, or of the module's names, shapes and values as built; None with a seed. `notes` are
    clauses that say what of the file was taken, where it was not all, or what trained weights there would be.
    """

    kind: Kind
    sha256: str | None = None
    seed: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """A network in eval mode and float32. `num_classes` is None if it is not a classifier."""

    name: str
    module: nn.Module
    num_classes: int | None
    weights: Weights
    preprocessing: PreprocessingConfig


def load_network(
    model: str | None,
    checkpoint: str | Path | None,
    *,
    checkpoint_key: str | None = None,
    pretrained: bool = False,
    seed: int = 0,
) -> Network:
    """Build a network and load its weights.

    `model` is `efficientmod_s`, `timm/repvit_m1_1`, `hf-hub:owner/name` (of timm) or `my_package.my_module:build`; None
    means the EfficientMod whose keys `checkpoint` has. `checkpoint` is a file or `hf-hub:owner/name`, and
    `checkpoint_key` the keys, joined by dots, under which its state dict lies; None finds it. `pretrained` downloads
    trained weights of timm or the Hub. Without either, a user's own module keeps its weights; any other network has
    seeded weights of realistic scale, for latency measurements only. The number of classes is the checkpoint's, else
    the model's default. For a model of timm, `register_with_timm` is called.

    Raises InputError if neither is given, ModelError for the model, CheckpointError for the checkpoint,
    DependencyError for a missing timm or huggingface_hub.
    """
    if pretrained:
        return _pretrained(model, checkpoint)
    if checkpoint is None and checkpoint_key is not None:
        raise InputError(
            "The key is that of a checkpoint; give --checkpoint as well, or leave out --checkpoint-key.",
            code="conflicting_options",
        )
    file = None if checkpoint is None else read_checkpoint(str(checkpoint), checkpoint_key)
    views = () if file is None else key_views(file.state)
    name = model or _model_of(file, views)
    family = family_of(name)
    classes = next((found for view in views if (found := family.classes_in(name, view.state)) is not None), None)
    with torch.random.fork_rng(devices=[]):  # reproducible, and the caller's generator is unchanged
        torch.manual_seed(seed)
        module = family.build(name, classes).eval().float()
    preprocessing = preprocessing_of(module, name, None if file is None else file.beside)
    weights = _load_weights(module, name, file, None if family.own_weights else seed, preprocessing)
    return Network(name, module, classes_of(module, preprocessing.input_size), weights, preprocessing)


def _pretrained(name: str | None, checkpoint: str | Path | None) -> Network:
    if checkpoint is not None:
        raise InputError(
            "A checkpoint and trained weights to download exclude each other; leave out --checkpoint or --pretrained.",
            code="conflicting_options",
        )
    family = family_of(name or _model_of(None, ()))
    assert name is not None
    if family.build_pretrained is None:
        raise ModelError(
            f"There are no trained weights of {name} to download; download a file and give it with --checkpoint, or "
            "leave out --pretrained.",
            code="no_pretrained_weights",
        )
    module = family.build_pretrained(name).eval().float()
    preprocessing = preprocessing_of(module, name)
    weights = Weights("module", sha256=digest_of(module), notes=(f"trained weights of {_tagged(module, name)}",))
    return Network(name, module, classes_of(module, preprocessing.input_size), weights, preprocessing)


def _trained_ones(module: nn.Module, name: str) -> tuple[str, ...]:
    exist = family_of(name).has_trained_weights
    if exist is None or not exist(name):
        return ()
    return (f"they are seeded although {_tagged(module, name)} names trained ones; --pretrained downloads them",)


def _tagged(module: nn.Module, name: str) -> str:
    """The model's name with the tag that timm chose."""
    tag = (getattr(module, "pretrained_cfg", None) or {}).get("tag")
    return name if not tag or name.endswith(f".{tag}") else f"{name}.{tag}"


def _model_of(file: Checkpoint | None, views: tuple[KeyView, ...]) -> str:
    """The EfficientMod in the file, if no model was named."""
    if file is None:
        raise InputError(
            "No model was named; give --model efficientmod_s, or --checkpoint FILE, or both.", code="no_model_named"
        )
    name = next(filter(None, (identify(view.state) for view in views)), None)
    if name is None:
        raise CheckpointError(
            f"The keys of {file.source} are not those of an EfficientMod; give --model NAME.",
            code="unrecognized_checkpoint",
        )
    return name


def _load_weights(
    module: nn.Module, name: str, file: Checkpoint | None, seed: int | None, preprocessing: PreprocessingConfig
) -> Weights:
    """Load the file if there is one, else weights from the seed, else keep those of the module."""
    if file is not None:
        notes = load_into(module, file, name).notes()
        return Weights("checkpoint", sha256=file.sha256, notes=(*([f"from {file.key}"] if file.key else []), *notes))
    if seed is not None:
        seed_weights(module, preprocessing.input_size, seed)
        return Weights("seeded", seed=seed, notes=_trained_ones(module, name))
    return Weights("module", sha256=digest_of(module))


def digest_of(module: nn.Module) -> str:
    """The SHA-256 of a module's state; of what is no plain tensor, such as int8 weights of a quantiser, the kind only,
    since no such network is exported.
    """
    digest = hashlib.sha256()
    for key, value in module.state_dict().items():
        if type(value) not in (torch.Tensor, nn.Parameter) or value.is_quantized:
            digest.update(f"{key} {type(value).__name__}\n".encode())
            continue
        digest.update(f"{key} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def classes_of(module: nn.Module, input_size: tuple[int, int]) -> int | None:
    """The module's `num_classes`, else K if its output for an image of zeros is (1, K), else None."""
    stated = getattr(module, "num_classes", None)
    if isinstance(stated, int):
        return stated or None
    try:
        with torch.no_grad():
            output = module(torch.zeros(1, 3, *input_size))
    except (Exception, SystemExit):
        # It may need another input size; an error in the network is reported when it is captured.
        return None
    return output.shape[1] if isinstance(output, torch.Tensor) and output.ndim == 2 else None
