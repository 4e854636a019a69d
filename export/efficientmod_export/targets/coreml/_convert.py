"""Core ML: an ML program whose input is the picture itself; with labels it is a classifier for Vision and Xcode.

Normalisation is (pixel / 255 - mean) / std. An image input can scale by one number and shift per channel, so it
computes pixel / 255 - mean; the division by std is folded into the first convolution.

With labels the model has three outputs: `logits`, which parity compares; and for Vision the best label (`classLabel`)
and a dictionary of probabilities (`classLabel_probs`), by a softmax that is added where the network has none.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from efficientmod_export._stages import ConversionOptions, InputSpec, Interface, Precision, TensorSpec
from efficientmod_export.foreign import coremltools_shortcuts, tanh_gelu, torch_shortcuts
from efficientmod_export.mil import MODULES_KEY, mark_modules, module_table
from efficientmod_export.targets._image import check_image, for_centred_pixels
from efficientmod_export.targets._program import copy, export, network_interface, output_nodes
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.coreml._classifier import LABEL, PROBABILITIES, add_classifier
from efficientmod_export.targets.coreml._int8_weights import check_ios, store_weights_as_int8
from efficientmod_export.targets.coreml._mlpackage import Metadata, describe, edit_package
from efficientmod_export.targets.coreml._outputs import output_spec, with_own_outputs
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import emit

aten = torch.ops.aten

IMAGE = "image"
SOFTMAX = "probabilities"
PIXEL_SCALE = 1 / 255

COMPUTE_PRECISIONS: dict[Precision, str] = {"fp16": "FLOAT16", "fp32": "FLOAT32", "int8-weights": "FLOAT16"}
"""coremltools' name for the compute precision of each precision."""


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Add the normalisation and the softmax to the program, convert it, and write the metadata."""
    check_image(program, options)
    if options.precision == "int8-weights":
        check_ios(options.ios)
    outputs = interface(network_interface(program, options)).outputs
    # Written beside its destination, so that a failure leaves no incomplete package and an earlier one unchanged.
    with coremltools_shortcuts(), tanh_gelu(program.graph), TemporaryDirectory(dir=path.parent) as workshop:
        package = Path(workshop) / path.name
        changed = for_centred_pixels(with_own_outputs(program), options.std)
        adds_softmax = options.labels is not None and options.scores == "logits"
        modules, int8_weights = _convert(with_softmax(changed) if adds_softmax else changed, outputs, options, package)
        with edit_package(package) as spec:
            if options.labels and adds_softmax:
                add_classifier(spec, SOFTMAX, options.labels)
            elif options.labels:
                add_classifier(spec, outputs[0].name, options.labels, keep=True)
            describe(spec, _metadata(outputs, options, modules))
        if path.exists():
            shutil.rmtree(path)
        package.rename(path)
    return Conversion(f"iOS {options.ios}", int8_weights=int8_weights)


def interface(network: Interface) -> Interface:
    """The picture itself as the input, and the network's outputs."""
    _, channels, height, width = network.inputs[0].shape
    picture = InputSpec(IMAGE, (1, height, width, channels), "uint8", "NHWC", normalisation=None)
    return Interface((picture,), tuple(map(output_spec, network.outputs)))


def with_softmax(program: Program) -> Program:
    """The program with a second output, the softmax of its only one."""
    changed = copy(program)
    (logits,) = output_nodes(changed)
    end = changed.graph.output_node()
    end.args = ((logits, emit(end, aten.softmax.int, (logits, -1), like=logits)),)
    changed.graph_module.recompile()
    return changed


def _convert(
    program: Program, outputs: tuple[TensorSpec, ...], options: ConversionOptions, path: Path
) -> tuple[str, int]:
    """Write the package; return the table of the PyTorch module that each operator came from, and the number of weights
    that are stored as int8.
    """
    import coremltools as ct

    with torch_shortcuts():
        # coremltools supports the core ATen operators only.
        exported = export(program).run_decompositions({})
    marked = mark_modules(exported)

    features = [ct.TensorType(name=spec.name, dtype=np.dtype(spec.dtype).type) for spec in outputs]
    if options.labels and options.scores == "logits":
        features.append(ct.TensorType(name=SOFTMAX, dtype=np.float32))
    model = ct.convert(
        exported,
        convert_to="mlprogram",
        inputs=[
            ct.ImageType(
                name=IMAGE,
                shape=tuple(program.example.shape),
                scale=PIXEL_SCALE,
                bias=[-mean for mean in options.mean],
                color_layout=ct.colorlayout.RGB,
            )
        ],
        # By default the outputs of a float16 program would be float16.
        outputs=features,
        minimum_deployment_target=getattr(ct.target, f"iOS{options.ios}"),
        compute_precision=getattr(ct.precision, COMPUTE_PRECISIONS[options.precision]),
        package_dir=str(path),
        skip_model_load=True,
    )
    modules, stored = module_table(model, marked), 0
    if options.precision == "int8-weights":
        stored = store_weights_as_int8(model, path)
    return modules, stored


def _metadata(outputs: tuple[TensorSpec, ...], options: ConversionOptions, modules: str) -> Metadata:
    texts = {spec.name: f"The network's output {spec.name}, {_shape(spec)}." for spec in outputs}
    keys = {"efficientmod.model": options.model_name, MODULES_KEY: modules}
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
        inputs={IMAGE: "An RGB picture of this size; the model normalises it itself."},
        outputs=texts,
        user_defined=keys,
    )


def _shape(spec: TensorSpec) -> str:
    return f"{spec.dtype} ({', '.join(map(str, spec.shape))})"
