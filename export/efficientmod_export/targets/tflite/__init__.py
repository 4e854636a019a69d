"""TFLite, by way of ONNX with this project's own writer; run by LiteRT.

It takes pixels / 255 as (1, H, W, 3), and its outputs of rank 4 are (1, H, W, C). The normalisation is in the graph,
since MediaPipe supports only one that is the same for all channels. In fp16 the weights are stored as float16, and the
arithmetic is float32; in int8-weights they are stored as int8. In int8-dynamic and int8-static the convolutions and
matrix products themselves are of int8, on the CPU; in the latter on grids that the file states.
"""

from functools import partial

from efficientmod_export.quantisation import Form
from efficientmod_export.targets._limits import FLOAT32, INT8
from efficientmod_export.targets._loading_code import LITERT
from efficientmod_export.targets._recipes import PORTABLE_FLOAT16
from efficientmod_export.targets._target import FromProgram, Place, Rounding, Target, Variant
from efficientmod_export.targets.tflite._compare_units import compare_units
from efficientmod_export.targets.tflite._contents import tflite_contents
from efficientmod_export.targets.tflite._convert import convert, interface, inventory
from efficientmod_export.targets.tflite._limits import FLOAT16_WEIGHTS, GPU_FLOAT16
from efficientmod_export.targets.tflite._lint import lint_tflite
from efficientmod_export.targets.tflite._phone_tool import BENCHMARK_MODEL
from efficientmod_export.targets.tflite._prober import GpuProber, TfliteProber
from efficientmod_export.targets.tflite._runtime import LiteRt, interpreter
from efficientmod_export.targets.tflite._stored_values import StoredValues, grids_of

__all__ = ["TARGET", "interpreter", "inventory"]

OF_FLOAT = 0.2755
"""Of the size of all numbers in float32, up to which layers stay in float16. What describes them adds 0.4 %."""
OF_FLOAT_WITH_GRIDS = 0.2725
"""The same where the description of grids adds 0.7 %."""

_variant = partial(
    Variant,
    target="tflite",
    stem="model",
    suffix=".tflite",
    recipe=PORTABLE_FLOAT16,  # the writer chooses layouts and splits kernels itself; spelled-out norms would be slower
    step=FromProgram(convert),
)

TARGET = Target(
    name="tflite",
    title="LiteRT",
    extra="tflite",
    code=LITERT,
    modules=("onnx", "onnxscript", "flatbuffers", "ai_edge_litert"),
    packages=("ai-edge-litert", "flatbuffers", "onnx", "onnxscript"),
    variants=(
        _variant(
            precision="fp32",
            places=(
                Place("cpu", "float32", FLOAT32, noise="float32"),
                Place("gpu", "float32", FLOAT32, noise="float32"),
                Place("gpu", "float16", GPU_FLOAT16, noise="float16_sums"),
            ),
            default=True,
        ),
        _variant(
            precision="fp16",
            places=(
                Place("cpu", "float32", FLOAT16_WEIGHTS, noise="float16_weights"),
                Place("gpu", "float32", FLOAT16_WEIGHTS, noise="float16_weights"),
                Place("gpu", "float16", GPU_FLOAT16, noise="float16_sums"),
            ),
        ),
        _variant(
            precision="int8-dynamic",
            short="int8",
            rounding=Rounding(StoredValues(), FLOAT32, Form(inputs="dynamic", of_float=OF_FLOAT), saved=1),
            places=(
                Place("cpu", "int8", INT8, noise="int8_dynamic"),
                Place("gpu", "float32", INT8, noise="int8_dynamic"),
                Place("gpu", "float16", INT8, noise="int8_dynamic"),
            ),
        ),
        _variant(
            precision="int8-static",
            rounding=Rounding(
                StoredValues(),
                FLOAT32,
                Form(inputs="static", results=True, of_float=OF_FLOAT_WITH_GRIDS),
                saved=1,
                grids=grids_of,
            ),
            places=(
                Place("cpu", "int8", INT8, noise="int8_static"),
                Place("gpu", "float32", INT8, noise="int8_static"),
                Place("gpu", "float16", INT8, noise="int8_static"),
            ),
        ),
        _variant(
            precision="int8-weights",
            rounding=Rounding(LiteRt(), FLOAT32, Form(), saved=1),
            places=(
                Place("cpu", "float32", INT8, noise="int8_weights"),
                Place("gpu", "float32", INT8, noise="int8_weights"),
                Place("gpu", "float16", INT8, noise="int8_weights"),
            ),
        ),
    ),
    interface=interface,
    runtime=LiteRt(),
    prober=TfliteProber,
    gpu_prober=GpuProber,
    contents=tflite_contents,
    lint=lint_tflite,
    compare_units=compare_units,
    phone_tools=(BENCHMARK_MODEL,),
    in_all=True,
)
