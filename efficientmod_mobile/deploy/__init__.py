"""From a module to an equal, cheaper program, with the proof that it is equal.

module -> capture -> Program -> deploy(program, recipe) -> Deployed(program, certificate)
"""

from efficientmod_mobile.deploy._attention_per_head import AttentionPerHead
from efficientmod_mobile.deploy._capture import capture
from efficientmod_mobile.deploy._centre import CentreStreams
from efficientmod_mobile.deploy._certificate import Certificate, Refusal, Step
from efficientmod_mobile.deploy._channels_first import ChannelsFirst
from efficientmod_mobile.deploy._deploy import EXACT, Deployed, deploy
from efficientmod_mobile.deploy._layer_per_slice import LayerPerSlice
from efficientmod_mobile.deploy._norm_affine import NormAffineIntoReaders
from efficientmod_mobile.deploy._norm_in_operators import NormInOperators
from efficientmod_mobile.deploy._products import AttentionInProducts, ProductsInBatches
from efficientmod_mobile.deploy._program import Program, run, to_dtype
from efficientmod_mobile.deploy._proof import Original
from efficientmod_mobile.deploy._scale import ConstantIntoReaders
from efficientmod_mobile.deploy._split_depthwise import SplitDepthwise
from efficientmod_mobile.deploy._transform import TRANSFORMS, Recipe, Refuse, Repeat, Transform, register
from efficientmod_mobile.deploy._untile import Untile
from efficientmod_mobile.deploy._xnnpack import XnnpackForms

__all__ = [
    "EXACT",
    "TRANSFORMS",
    "AttentionInProducts",
    "AttentionPerHead",
    "CentreStreams",
    "Certificate",
    "ChannelsFirst",
    "ConstantIntoReaders",
    "Deployed",
    "LayerPerSlice",
    "NormAffineIntoReaders",
    "NormInOperators",
    "Original",
    "ProductsInBatches",
    "Program",
    "Recipe",
    "Refusal",
    "Refuse",
    "Repeat",
    "SplitDepthwise",
    "Step",
    "Transform",
    "Untile",
    "XnnpackForms",
    "capture",
    "deploy",
    "register",
    "run",
    "to_dtype",
]
