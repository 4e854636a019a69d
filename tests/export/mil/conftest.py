"""Packages for the interpreter's tests, made and saved by coremltools from PyTorch modules and from MIL itself."""

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from efficientmod_export.mil import MODULES_KEY, mark_modules, module_table
from efficientmod_mobile import create_model, realistic_state

Arrays = Mapping[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="session")
def ct() -> Any:
    """coremltools, whose import and use warn about several other frameworks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("coremltools", reason="the extra coreml is not installed")


@pytest.fixture(scope="session")
def save(ct: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Saves a coremltools model in a new folder."""

    def save_model(model: Any) -> Path:
        path = tmp_path_factory.mktemp("package") / "model.mlpackage"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(os.fspath(path))
        return path

    return save_model


def drop_aliases(graph: torch.fx.Graph) -> None:
    """coremltools 9.0 does not know the operator, which does nothing."""
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.alias.default):
        node.replace_all_uses_with(node.args[0])
        graph.erase_node(node)


@pytest.fixture(scope="session")
def from_torch(ct: Any, save: Callable[[Any], Path]) -> Callable[..., Path]:
    """Converts a module by way of torch.export; its inputs are named x0, x1, ... unless `inputs` says otherwise."""

    def convert(
        module: torch.nn.Module, *examples: torch.Tensor, precision: str = "FLOAT32", ios: int = 16, **options: Any
    ) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = torch.export.export(module.eval(), examples).run_decompositions({})
            drop_aliases(exported.graph)
            marked = mark_modules(exported)
            inputs = options.pop("inputs", None) or [
                ct.TensorType(name=f"x{i}", shape=tuple(example.shape), dtype=example.numpy().dtype.type)
                for i, example in enumerate(examples)
            ]
            model = ct.convert(
                exported,
                inputs=inputs,
                outputs=options.pop("outputs", None),
                minimum_deployment_target=getattr(ct.target, f"iOS{ios}"),
                compute_precision=getattr(ct.precision, precision),
                skip_model_load=True,
                **options,
            )
        model.user_defined_metadata[MODULES_KEY] = module_table(model, marked)
        return save(model)

    return convert


@pytest.fixture(scope="session")
def network() -> Callable[[str], torch.nn.Module]:
    """An EfficientMod with realistic weights."""

    def make(name: str) -> torch.nn.Module:
        model = create_model(name).eval()
        shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
        model.load_state_dict({key: torch.from_numpy(value) for key, value in realistic_state(shapes, seed=0).items()})
        return model

    return make


@pytest.fixture(scope="session")
def small(
    ct: Any, from_torch: Callable[..., Path], network: Callable[[str], torch.nn.Module]
) -> tuple[Path, torch.Tensor, torch.Tensor]:
    """The smallest EfficientMod's float32 package ("image" to "logits"), an input for it and PyTorch's answer."""
    model = network("efficientmod_xxs")
    x = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 3, 96, 128)).astype(np.float32))
    inputs = [ct.TensorType(name="image", shape=tuple(x.shape), dtype=np.float32)]
    path = from_torch(model, x, inputs=inputs, outputs=[ct.TensorType(name="logits", dtype=np.float32)])
    with torch.no_grad():
        return path, x, model(x)


@pytest.fixture(scope="session")
def from_mil(ct: Any, save: Callable[[Any], Path]) -> Callable[..., Path]:
    """Builds a program of one function: `build(mb, variables)` gives its output or outputs. No pass touches it."""

    def make(build: Callable[[Any, dict[str, Any]], Any], arrays: Arrays, *, ios: int = 15) -> Path:
        from coremltools.converters.mil import Builder as mb  # noqa: N813 - the name that coremltools' guide uses
        from coremltools.converters.mil.mil import Function, Program, types

        kinds = {"float32": types.fp32, "float16": types.fp16, "int32": types.int32, "bool": types.bool}
        target = getattr(ct.target, f"iOS{ios}")
        placeholders = {
            name: mb.placeholder(shape=value.shape, dtype=kinds[value.dtype.name]) for name, value in arrays.items()
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Function(placeholders, opset_version=target) as function:
                outputs = build(mb, dict(function.inputs))
                function.set_outputs(list(outputs) if isinstance(outputs, (list, tuple)) else [outputs])
            program = Program()
            program.add_function("main", function)
            model = ct.convert(
                program,
                convert_to="mlprogram",
                minimum_deployment_target=target,
                pass_pipeline=ct.PassPipeline.EMPTY,
                skip_model_load=True,
            )
        return save(model)

    return make
