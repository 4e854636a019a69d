"""Load the network that a bundle was made from again, to compare the bundle with it."""

from efficientmod_export.bundle.contract import Bundle, Weights
from efficientmod_mobile import Network, catalogue, find_checkpoint, load_network
from efficientmod_mobile.errors import InputError


def rebuild(
    bundle: Bundle, checkpoint: str | None, checkpoint_key: str | None = None, model: str | None = None
) -> Network:
    """Load the bundle's network; seeded weights are generated again, others come from `checkpoint`. `model` is its name
    where the bundle does not tell it: `package.module:function`.

    Raises InputError without the checkpoint that is needed, or for other weights than the bundle was made from.
    """
    made = bundle.manifest.model
    if made.weights.kind == "checkpoint" and checkpoint is None:
        raise InputError(
            f"The network itself is needed for this: give --checkpoint with the file whose SHA-256 is "
            f"{made.weights.sha256}.",
            code="checkpoint_required",
        )
    # Compared before it is loaded: another file need not even fit the network.
    if checkpoint is not None and find_checkpoint(checkpoint)[1] != made.weights.sha256:
        raise InputError(
            f"{checkpoint} is not the file that the bundle was made from ({made.weights.statement}).",
            code="wrong_checkpoint",
        )
    name = model or made.name
    trained = made.weights.kind == "module" and name.startswith(("timm/", "hf-hub:"))
    if model is None and not is_named_publicly(name):
        raise InputError(
            f"The bundle does not say how {name} is built; name the function with --model package.module:function. A "
            "module that only a program held cannot be built again.",
            code="network_not_rebuildable",
        )
    network = load_network(
        name, checkpoint, checkpoint_key=checkpoint_key, pretrained=trained, seed=made.weights.seed or 0
    )
    weights = network.weights
    if Weights.of(weights.kind, sha256=weights.sha256, seed=weights.seed, notes=weights.notes) != made.weights:
        raise InputError(
            f"{name} now has other weights than the bundle was made from ({made.weights.statement}); export it "
            "again, or give the same --checkpoint-key.",
            code="weights_not_reproduced",
        )
    return network


def is_named_publicly(name: str) -> bool:
    """Whether `load_network` finds a network of this name."""
    return ":" in name or name.startswith("timm/") or name in {entry.name for entry in catalogue()}
