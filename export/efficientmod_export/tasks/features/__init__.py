"""Features: vectors (embeddings) or maps for another program to use.

Recognised where no other task fits: any outputs.
Outputs: rank 2 is an `embedding`, any other rank `features`.
After the network: nothing.
Preprocessing of a network that states none: ImageNet's; where an output is a map, of the whole picture, stretched.
"""

from collections.abc import Sequence
from dataclasses import replace

from efficientmod_export.bundle.contract import Input, Output, Step
from efficientmod_export.tasks._task import Fit, NetworkFacts, feature_output
from efficientmod_mobile import IMAGENET, PreprocessingConfig


class Features:
    """The task."""

    def default_preprocessing(self, network: NetworkFacts) -> PreprocessingConfig:
        """ImageNet's; for maps, which have a value for each place, of the whole picture."""
        maps = any(len(shape) == 4 and shape[2] * shape[3] > 1 for shape in network.shapes)
        return replace(IMAGENET, crop_pct=1.0, resize_mode="stretch") if maps else IMAGENET

    def fit(self, network: NetworkFacts) -> Fit:  # noqa: ARG002
        """Any network gives features."""
        return 1

    def outputs(self, network: NetworkFacts) -> tuple[Output, ...]:
        """Each by its rank."""
        return tuple(feature_output(index, values) for index, values in enumerate(network.outputs[0]))

    def after_network(self, outputs: Sequence[Output], inputs: Sequence[Input]) -> tuple[Step, ...]:  # noqa: ARG002
        """Nothing follows."""
        return ()


TASK = Features()
