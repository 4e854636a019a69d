"""The single steps of an export, for programs that do less or more than `export`.

    subject = subject_of(load_network("efficientmod_s", None))
    program = subject.capture()
    subject = with_noise(subject, program)
    target = find_target("tflite")
    variant = target.variant("fp32")
    deployed = deploy(program, variant.recipe)
    artifact = target.make(deployed.program, subject.options("fp32"), Path("out"))
    checks = prove(variant, artifact, subject.held)

`load_network` is in `efficientmod_mobile`, `deploy` in `efficientmod_mobile.deploy`, `find_target` in
`efficientmod_export.targets`.
"""

from efficientmod_export._prove import Held, prove, prove_graph
from efficientmod_export._subject import Subject, subject_of, with_noise

__all__ = ["Held", "Subject", "prove", "prove_graph", "subject_of", "with_noise"]
