"""The steps of an export one by one, for programs that do less or more than `export_bundle`.

subject = subject_of(load_network("efficientmod_s", None))         # efficientmod_mobile
target = find_target("tflite")                                     # efficientmod_export.targets
variant = target.variant("fp32")
program = deploy(subject.capture(), variant.recipe).program        # efficientmod_mobile.deploy
artifact = target.make(program, subject.options("fp32"), Path("out"))
checks = prove(variant, artifact, subject.held)
"""

from efficientmod_export._prove import Held, prove
from efficientmod_export._subject import Subject, subject_of

__all__ = ["Held", "Subject", "prove", "subject_of"]
