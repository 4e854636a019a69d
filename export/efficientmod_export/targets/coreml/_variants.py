"""What Core ML stores and computes, the same in a package of its own and inside an ExecuTorch file."""

from efficientmod_export.targets._limits import FLOAT16, FLOAT32
from efficientmod_export.targets._recipes import NEURAL_ENGINE
from efficientmod_export.targets._target import FromProgram, Place, Variant


def variants(target: str, stem: str, suffix: str, step: FromProgram) -> tuple[Variant, ...]:
    """In fp16, which every unit computes, and in fp32, which the Neural Engine does not."""
    return (
        Variant(
            target=target,
            precision="fp16",
            stem=stem,
            suffix=suffix,
            recipe=NEURAL_ENGINE,
            step=step,
            places=tuple(Place(unit, "float16", FLOAT16, noise="float16") for unit in ("neural_engine", "gpu", "cpu")),
            default=True,
        ),
        Variant(
            target=target,
            precision="fp32",
            stem=stem,
            suffix=suffix,
            recipe=NEURAL_ENGINE,
            step=step,
            places=tuple(Place(unit, "float32", FLOAT32, noise="float32") for unit in ("gpu", "cpu")),
        ),
    )
