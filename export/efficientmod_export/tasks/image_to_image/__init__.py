"""Image to image: a picture of the input's size, or a whole multiple of it (super-resolution, denoising, style).

Recognised by one output (1, 3, k H, k W) for an input (1, 3, H, W), without classes.
Outputs: `image`, RGB normalised as the input is, so that value * std + mean is 0 for black and 1 for white.
After the network: `to_picture`, which undoes the normalisation and gives 8-bit RGB.
Preprocessing of a network that states none: stretched to 256 x 256, nothing cropped, values in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
from pydantic import JsonValue

from efficientmod_export.bundle.contract import Input, Output, Step
from efficientmod_export.tasks._task import Fit, NetworkFacts, dtype_of
from efficientmod_mobile import PreprocessingConfig


class ImageToImage:
    """The task."""

    def default_preprocessing(self, network: NetworkFacts) -> PreprocessingConfig:  # noqa: ARG002
        """The whole picture, in values from 0 to 1."""
        return PreprocessingConfig((256, 256), "bicubic", 1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "stretch")

    def fit(self, network: NetworkFacts) -> Fit:
        """By the shapes."""
        if network.num_classes is not None or len(network.input_shapes) != 1 or len(network.shapes) != 1:
            return 0
        if network.outputs[0][0].dtype != np.float32:
            return 0
        return 2 if _is_multiple(network.input_shapes[0], network.shapes[0]) else 0

    def outputs(self, network: NetworkFacts) -> tuple[Output, ...]:
        """The picture."""
        values = network.outputs[0][0]
        shape, dtype = values.shape, dtype_of(values)
        return (Output(name="image_out", shape=shape, dtype=dtype, layout="NCHW", role="image", meaning="rgb"),)

    def after_network(self, outputs: Sequence[Output], inputs: Sequence[Input]) -> tuple[Step, ...]:
        """To 8-bit RGB, with the input's mean and std."""
        preprocessing = inputs[0].preprocessing
        mean, std = ((0.0,) * 3, (1.0,) * 3) if preprocessing is None else (preprocessing.mean, preprocessing.std)
        parameters: dict[str, JsonValue] = {"mean": list(mean), "std": list(std)}
        return (Step(step="to_picture", output=outputs[0].name, parameters=parameters),)


def _is_multiple(picture: tuple[int, ...], result: tuple[int, ...]) -> bool:
    if len(picture) != 4 or len(result) != 4 or picture[:2] != (1, 3) or result[:2] != (1, 3):
        return False
    factor = result[2] // picture[2]
    return factor >= 1 and result[2:] == (factor * picture[2], factor * picture[3])


TASK = ImageToImage()
