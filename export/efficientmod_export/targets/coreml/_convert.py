"""Core ML: an ML program that takes the picture itself and, with labels, gives classes to Vision and Xcode.

Normalisation is (pixel / 255 - mean) / std. An image input can scale by one number and shift per channel, so it does
pixel / 255 - mean; the division by std is folded into the first convolution.

With labels the model has three outputs: `logits`, which parity compares; and what Vision reads, the best label
(`classLabel`) and a dictionary of probabilities (`classLabel_probs`), after a softmax that the network does not have.
"""

import platform
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from efficientmod_export._stages import (
    Artifact,
    ConversionOptions,
    InputSpec,
    Interface,
    Outputs,
    Precision,
    Runner,
    Sample,
    TensorSpec,
)
from efficientmod_export.foreign import converting, coremltools_shortcuts, loading, tanh_gelu, torch_shortcuts
from efficientmod_export.mil import MODULES_KEY, mark_modules, module_table
from efficientmod_export.targets._image import check_image, for_centred_pixels
from efficientmod_export.targets._program import (
    check_names,
    copy,
    export,
    interface_of,
    output_nodes,
)
from efficientmod_export.targets._target import check_ios, check_precision, demand, register
from efficientmod_export.targets.coreml._classifier import LABEL, PROBABILITIES, add_classifier
from efficientmod_export.targets.coreml._mlpackage import Metadata, describe, edit_package
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import emit

aten = torch.ops.aten

IMAGE = "image"
SOFTMAX = "probabilities"
PIXEL_SCALE = 1 / 255


@register
class CoremlBackend:
    """`model.mlpackage`, float16 arithmetic by default; takes an RGB image, gives float32 tensors."""

    target = "coreml"
    precisions: tuple[Precision, ...] = ("fp16", "fp32")
    ios_versions: tuple[int, ...] = (15, 16, 17, 18)
    filename = "model.mlpackage"
    requires: tuple[tuple[str, str], ...] = (("coremltools", "coreml"),)

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Put the normalisation and the softmax into the program, convert, describe."""
        check_precision(self, options)
        check_ios(self, options.ios)
        check_image(program, options)
        demand(self)
        path = folder / self.filename
        interface = interface_of(self, program, options)
        outputs = interface.outputs
        # Built beside its place, so that a failure leaves no half of it and an earlier one as it was.
        with converting(self.target), coremltools_shortcuts(), tanh_gelu(), TemporaryDirectory(dir=folder) as workshop:
            package = Path(workshop) / self.filename
            changed = for_centred_pixels(program, options.std)
            modules = _convert(with_softmax(changed) if options.labels else changed, outputs, options, package)
            with edit_package(package) as spec:
                if options.labels:
                    add_classifier(spec, SOFTMAX, options.labels)
                describe(spec, _metadata(outputs, options, modules))
            if path.exists():
                shutil.rmtree(path)
            package.rename(path)
        return Artifact(
            target=self.target,
            path=path,
            precision=options.precision,
            runtime="Core ML",
            least_runtime=f"iOS {options.ios}",
            inputs=interface.inputs,
            outputs=outputs,
        )

    def interface(self, network: Interface) -> Interface:
        """The picture itself, and the network's outputs."""
        _, channels, height, width = network.inputs[0].shape
        picture = InputSpec(IMAGE, (1, height, width, channels), "uint8", "NHWC", normalisation=None)
        return Interface((picture,), network.outputs)

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner | None:
        """Predict with Core ML itself, on any processor it likes; None elsewhere than on macOS."""
        if platform.system() != "Darwin":
            return None
        demand(self)
        import coremltools as ct
        from PIL import Image

        with loading(path):
            model = ct.models.MLModel(str(path))
        description = model.get_spec().description
        check_names(path, [feature.name for feature in description.input], inputs)

        def run(sample: Sample) -> Outputs:
            result = model.predict({IMAGE: Image.fromarray(sample.pixels)})
            return tuple(np.asarray(result[spec.name], np.float32) for spec in outputs)

        return run


def with_softmax(program: Program) -> Program:
    """The program with a second output, the softmax of its only one."""
    changed = copy(program)
    (logits,) = output_nodes(changed)
    end = changed.graph.output_node()
    end.args = ((logits, emit(end, aten.softmax.int, (logits, -1), like=logits)),)
    changed.graph_module.recompile()
    return changed


def _convert(program: Program, outputs: tuple[TensorSpec, ...], options: ConversionOptions, path: Path) -> str:
    """Write the package; give the table that tells which PyTorch module each operator came from."""
    import coremltools as ct

    with torch_shortcuts():
        # coremltools knows the core ATen operators only.
        exported = export(program).run_decompositions({})
    marked = mark_modules(exported)

    names = [spec.name for spec in outputs]
    if options.labels:
        names.append(SOFTMAX)
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
        # Left unsaid, the outputs of a float16 program would be float16.
        outputs=[ct.TensorType(name=name, dtype=np.float32) for name in names],
        minimum_deployment_target=getattr(ct.target, f"iOS{options.ios}"),
        compute_precision=ct.precision.FLOAT16 if options.precision == "fp16" else ct.precision.FLOAT32,
        package_dir=str(path),
        skip_model_load=True,
    )
    return module_table(model, marked)


def _metadata(outputs: tuple[TensorSpec, ...], options: ConversionOptions, modules: str) -> Metadata:
    texts = {spec.name: f"The network's output {spec.name}, {_shape(spec)}." for spec in outputs}
    keys = {"efficientmod.model": options.model_name, MODULES_KEY: modules}
    if options.labels:
        texts["logits"] = f"Scores before the softmax, {_shape(outputs[0])}, in the order of the labels."
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
