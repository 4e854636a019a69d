"""A network in the file of another converter, on the processor and on the GPU."""

from pathlib import Path

from _converters import CannotConvert, Rival, save_for_torch
from _gpu_records import CPU, FLOAT16, FLOAT32, Place, RivalResult
from _litert import AnyLayout, pixels_over_255

from efficientmod_export.parity import MeasuredWith, Outputs, Runner, Sample, measure
from efficientmod_export.steps import Held, subject_of, with_noise
from efficientmod_export.targets import for_pixels, runtime_version
from efficientmod_export.targets.tflite import TARGET, interpreter
from efficientmod_export.targets.tflite.gpu import Effect, GpuProcess, Ran, find_driver, gpu_findings, refusal
from efficientmod_mobile import load_network

VARIANT = TARGET.variant("fp32")


class RefusedByGpu(Exception):  # noqa: N818 - it is an answer, not a fault of this program
    """What LiteRT said."""


def examine_rival(network: str, rival: Rival, folder: Path) -> RivalResult:
    """Convert the untransformed network, and hold the file against PyTorch wherever it runs."""
    label = rival.label()
    subject = subject_of(load_network(network, None))
    program = subject.capture()
    source, target = folder / f"network{rival.suffix}", folder / "network.tflite"
    save_for_torch(for_pixels(program, subject.options("fp32").inputs), source)
    try:
        rival.convert(source, target)
        loaded = interpreter(target.read_bytes())
    except (CannotConvert, RuntimeError, ValueError) as error:
        return RivalResult(network, label, refusal=str(error).partition("\n")[0])
    noises = {place.noise for place in VARIANT.places}
    held, data = with_noise(subject, program, noises).held, target.read_bytes()
    shape = tuple(loaded.get_input_details()[0]["shape"])
    places = {CPU: _judged(CPU, AnyLayout(loaded).run, held), FLOAT32: _on_gpu(FLOAT32, data, shape, held)}
    if places[FLOAT32].error is not None:
        places[FLOAT16] = _on_gpu(FLOAT16, data, shape, held)
    return RivalResult(network, label, places=places, findings=_known(data) if places[FLOAT32].reasons else ())


def _known(data: bytes) -> tuple[str, ...]:
    wrong = (str(found.limit.sentence) for found in gpu_findings(data) if found.limit.effect is Effect.WRONG)
    return tuple(dict.fromkeys(wrong))


def _on_gpu(name: str, data: bytes, shape: tuple[int, ...], held: Held) -> Place:
    float32 = name == FLOAT32
    driver = find_driver("float32" if float32 else "float16")
    if driver is None:
        return Place(None, ())
    with GpuProcess(driver) as process:

        def run(sample: Sample) -> Outputs:
            answer = process.run(data, (pixels_over_255(sample, shape),), float32=float32)
            if not isinstance(answer, Ran):
                raise RefusedByGpu(refusal(data, answer.message))
            return answer.outputs

        try:
            run(held.samples[0])
        except RefusedByGpu as error:
            return Place(None, (str(error),))
        return _judged(name, run, held)


def _judged(name: str, run: Runner, held: Held) -> Place:
    (place,) = (one for one in VARIANT.places if f"{one.unit} {one.compute_precision}" == name)
    measured_with = MeasuredWith(runtime=TARGET.runtime.title, version=runtime_version(TARGET.runtime))
    limits = held.limits(place.limits, place.noise)
    return Place.of(measure(held.samples, held.references, run, limits, measured_with))
