"""From a module to an equal, cheaper program, with the proof that it is equal.

module -> capture -> Program -> deploy(program, recipe) -> Deployed(program, certificate)
"""

from efficientmod_mobile.deploy._capture import capture
from efficientmod_mobile.deploy._certificate import Certificate, Refusal, Step
from efficientmod_mobile.deploy._deploy import EXACT, Deployed, deploy
from efficientmod_mobile.deploy._program import Program, run, to_dtype
from efficientmod_mobile.deploy._proof import Original
from efficientmod_mobile.deploy._transform import TRANSFORMS, Recipe, Refuse, Repeat, Transform, register

__all__ = [
    "EXACT",
    "TRANSFORMS",
    "Certificate",
    "Deployed",
    "Original",
    "Program",
    "Recipe",
    "Refusal",
    "Refuse",
    "Repeat",
    "Step",
    "Transform",
    "capture",
    "deploy",
    "register",
    "run",
    "to_dtype",
]
