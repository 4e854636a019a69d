"""Which exact transforms each target gets, in their order."""

from efficientmod_mobile.deploy import EXACT, Recipe

RECIPES: dict[str, Recipe] = dict.fromkeys(("coreml", "executorch", "tflite", "onnx"), EXACT)
