"""ONNX, for ONNX Runtime on phones and elsewhere: `model.onnx`, float32; takes the normalised image (1, 3, H, W)."""

from efficientmod_export.targets._limits import FLOAT32
from efficientmod_export.targets._target import FromProgram, Place, Target, Variant
from efficientmod_export.targets.onnx._contents import onnx_contents
from efficientmod_export.targets.onnx._convert import convert
from efficientmod_export.targets.onnx._prober import OnnxProber
from efficientmod_export.targets.onnx._runtime import OnnxRuntime
from efficientmod_mobile.deploy import EXACT

TARGET = Target(
    name="onnx",
    title="ONNX Runtime",
    extra="onnx",
    modules=("onnx", "onnxscript", "onnxruntime"),
    packages=("onnx", "onnxruntime", "onnxscript"),
    variants=(
        Variant(
            target="onnx",
            precision="fp32",
            stem="model",
            suffix=".onnx",
            recipe=EXACT,
            step=FromProgram(convert),
            places=(Place("cpu", "float32", FLOAT32, noise="float32"),),
            default=True,
        ),
    ),
    runtime=OnnxRuntime(),
    prober=OnnxProber,
    contents=onnx_contents,
)
