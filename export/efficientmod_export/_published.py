"""What a bundle says of a user's own code: by default neither the path of its module nor the names in the network.

A network of the catalogue, of timm or of the Hub has public names, which its files keep.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import nn

from efficientmod_export.bundle.contract import Rounding, Transforms
from efficientmod_mobile import Network

HUB = "hf-hub:"


def is_own(model: str | nn.Module | None) -> bool:
    """Whether a network is a user's own: a module, or the function that builds it."""
    return isinstance(model, nn.Module) or (model is not None and ":" in model and not model.startswith(HUB))


def under_name(network: Network, name: str | None, *, hidden: bool) -> Network:
    """The network under the name that bundles give it: `name`, or that of the function where its module is hidden."""
    if name is None and hidden:
        name = network.name.partition(":")[2] or network.name
    return network if name is None else replace(network, name=name)


@dataclass(frozen=True)
class HiddenNames:
    """The paths of a network's modules, longest first."""

    paths: Sequence[str]

    @classmethod
    def of(cls, module: nn.Module) -> "HiddenNames":
        """Those that say something: numbers alone do not."""
        named = {path for path, _ in module.named_modules() if re.search("[A-Za-z]", path)}
        return cls(sorted(named, key=lambda path: (-len(path), path)))

    def without(self, text: str) -> str:
        """A text with each path replaced by its number."""
        if not self.paths:
            return text
        numbers = {path: f"module {number}" for number, path in enumerate(reversed(self.paths))}
        known = "|".join(map(re.escape, self.paths))
        return re.sub(rf"(?<![\w.])(?:{known})(?![\w.])", lambda found: numbers[found[0]], text)

    def in_transforms(self, transforms: Transforms) -> Transforms:
        """The certificate without the paths."""
        return transforms.model_copy(
            update={
                "steps": tuple(
                    step.model_copy(
                        update={
                            "refused": tuple(
                                one.model_copy(
                                    update={"where": self.without(one.where), "reason": self.without(one.reason)}
                                )
                                for one in step.refused
                            )
                        }
                    )
                    for step in transforms.steps
                )
            }
        )

    def in_rounding(self, rounding: Rounding) -> Rounding:
        """The record of the rounding without the paths."""
        layers = (layer.model_copy(update={"path": self.without(layer.path)}) for layer in rounding.layers)
        return rounding.model_copy(update={"layers": tuple(layers)})
