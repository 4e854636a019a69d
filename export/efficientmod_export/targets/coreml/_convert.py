"""Core ML: an ML program whose inputs are the pictures themselves; with labels it is a classifier for Vision and Xcode.

Normalisation is (pixel / 255 - mean) / std. An image input can scale by one number and shift per channel, so it
computes pixel / 255 - mean; the division by std is folded into the first convolution.

With labels the model has three outputs: `logits`, which parity compares; and for Vision the best label (`classLabel`)
and a dictionary of probabilities (`classLabel_probs`), by a softmax that is added where the network has none.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from efficientmod_export._stages import ConversionOptions, InputSpec, Interface, NamedInput, Precision, TensorSpec
from efficientmod_export.foreign import (
    coremltools_shortcuts,
    integer_quotients,
    joined_floats,
    tanh_gelu,
    torch_shortcuts,
)
from efficientmod_export.mil import MODULES_KEY, mark_modules, module_table
from efficientmod_export.targets._image import check_image, for_centred_pixels
from efficientmod_export.targets._program import INPUT_NAME, copy, export, network_interface, output_nodes
from efficientmod_export.targets._runtime import in_nhwc
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.coreml._axes import check_axes
from efficientmod_export.targets.coreml._classifier import LABEL, PROBABILITIES, add_classifier
from efficientmod_export.targets.coreml._int8_weights import check_ios, lift_least_rows, store_weights_as_int8
from efficientmod_export.targets.coreml._mlpackage import Metadata, describe, edit_package
from efficientmod_export.targets.coreml._outputs import mil_name, output_spec, with_own_outputs
from efficientmod_export.targets.coreml._palettes import FUSING, store_palettes, with_steps_outside
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import emit

aten = torch.ops.aten

IMAGE = "image"
SOFTMAX = "probabilities"
PIXEL_SCALE = 1 / 255

INEXACT = "common::fuse_elementwise_to_batchnorm"
"""coremltools' pass that makes w x + b a batch norm of variance 1 and epsilon 1e-5: w is then 5e-6 too small."""

ROUNDED: tuple[Precision, ...] = ("int8-weights", "int8-static", "palette6")
COMPUTE_PRECISIONS: dict[Precision, str] = {"fp16": "FLOAT16", "fp32": "FLOAT32", **dict.fromkeys(ROUNDED, "FLOAT16")}
"""coremltools' name for the compute precision of each precision."""


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Add the normalisation and the softmax to the program, convert it, and write the metadata."""
    check_image(program, options)
    check_axes(program)
    check_ios(options.precision, options.ios)
    taken = interface(network_interface(program, options))
    # Written beside its destination, so that a failure leaves no incomplete package and an earlier one unchanged.
    with (
        coremltools_shortcuts(),
        tanh_gelu(program.graph),
        integer_quotients(program.graph),
        joined_floats(),
        TemporaryDirectory(dir=path.parent) as workshop,
    ):
        package = Path(workshop) / path.name
        changed = for_centred_pixels(with_own_outputs(program), options.inputs)
        if options.precision == "palette6":
            with_steps_outside(changed)
        elif options.precision in ROUNDED:
            lift_least_rows(changed)
        adds_softmax = options.labels is not None and options.scores == "logits"
        modules, int8_weights = _convert(with_softmax(changed) if adds_softmax else changed, taken, options, package)
        with edit_package(package) as spec:
            if options.labels and adds_softmax:
                add_classifier(spec, SOFTMAX, options.labels)
            elif options.labels:
                add_classifier(spec, taken.outputs[0].name, options.labels, keep=True)
            describe(spec, _metadata(taken, options, modules))
        if path.exists():
            shutil.rmtree(path)
        package.rename(path)
    return Conversion(f"iOS {options.ios}", int8_weights=int8_weights)


def interface(network: Interface) -> Interface:
    """The pictures themselves and other tensors as inputs, and the network's outputs."""
    return Interface(tuple(map(_input, network.inputs)), tuple(map(output_spec, network.outputs)))


def _input(spec: InputSpec) -> InputSpec:
    if spec.normalisation is None:
        return replace(spec, name=mil_name(spec.name), dtype="int32" if spec.dtype == "int64" else spec.dtype)
    name = IMAGE if spec.name == INPUT_NAME else mil_name(spec.name)
    return replace(in_nhwc(spec), name=name, dtype="uint8", normalisation=None)


def with_softmax(program: Program) -> Program:
    """The program with a second output, the softmax of its only one."""
    changed = copy(program)
    (logits,) = output_nodes(changed)
    end = changed.graph.output_node()
    end.args = ((logits, emit(end, aten.softmax.int, (logits, -1), like=logits)),)
    changed.graph_module.recompile()
    return changed


def _convert(program: Program, taken: Interface, options: ConversionOptions, path: Path) -> tuple[str, int]:
    """Write the package; return the table of the PyTorch module that each operator came from, and the number of weights
    that are stored as int8.
    """
    import coremltools as ct

    with torch_shortcuts():
        # coremltools supports the core ATen operators only.
        exported = export(program).run_decompositions({})
    marked = mark_modules(exported)

    features = [ct.TensorType(name=spec.name, dtype=np.dtype(spec.dtype).type) for spec in taken.outputs]
    if options.labels and options.scores == "logits":
        features.append(ct.TensorType(name=SOFTMAX, dtype=np.float32))
    passes = ct.PassPipeline()
    passes.remove_passes((INEXACT, *(FUSING if options.precision == "palette6" else ())))
    model = ct.convert(
        exported,
        convert_to="mlprogram",
        inputs=[
            _feature(spec, declared, tuple(example.shape))
            for spec, declared, example in zip(taken.inputs, options.inputs, program.examples, strict=True)
        ],
        # By default the outputs of a float16 program would be float16.
        outputs=features,
        minimum_deployment_target=getattr(ct.target, f"iOS{options.ios}"),
        compute_precision=getattr(ct.precision, COMPUTE_PRECISIONS[options.precision]),
        package_dir=str(path),
        skip_model_load=True,
        pass_pipeline=passes,
    )
    modules, stored = module_table(model, marked), 0
    if options.precision == "palette6":
        stored = store_palettes(model, path)
    elif options.precision in ROUNDED:
        stored = store_weights_as_int8(model, path)
    return modules, stored


def _feature(spec: InputSpec, declared: NamedInput, shape: tuple[int, ...]) -> Any:
    """An input as coremltools takes its description."""
    import coremltools as ct

    if declared.normalisation is None:
        return ct.TensorType(name=spec.name, shape=shape, dtype=np.dtype(spec.dtype).type)
    bias = [-mean for mean in declared.normalisation.mean]
    rgb = ct.colorlayout.RGB
    return ct.ImageType(name=spec.name, shape=shape, scale=PIXEL_SCALE, bias=bias, color_layout=rgb)


def _metadata(taken: Interface, options: ConversionOptions, modules: str) -> Metadata:
    outputs = taken.outputs
    texts = {spec.name: f"The network's output {spec.name}, {_shape(spec)}." for spec in outputs}
    keys = {"efficientmod.model": options.model_name, **({MODULES_KEY: modules} if options.names else {})}
    if options.labels:
        kind = "Scores before the softmax" if options.scores == "logits" else "Probabilities"
        texts[outputs[0].name] = f"{kind}, {_shape(outputs[0])}, in the order of the labels."
        texts[LABEL] = "The most probable class."
        texts[PROBABILITIES] = "The probability of each class."
        keys["com.apple.coreml.model.preview.type"] = "imageClassifier"
    return Metadata(
        author=options.author,
        license=options.license,
        version=options.version,
        description=options.description,
        inputs={
            spec.name: "An RGB picture of this size; the model normalises it itself."
            if spec.dtype == "uint8"
            else f"The network's input {spec.name}, {_shape(spec)}."
            for spec in taken.inputs
        },
        outputs=texts,
        user_defined=keys,
    )


def _shape(spec: TensorSpec) -> str:
    return f"{spec.dtype} ({', '.join(map(str, spec.shape))})"
