"""Small programs made by coremltools from PyTorch modules, and what the rules say of them."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from efficientmod_export.lint import LintReport, lint_program
from efficientmod_export.mil import MODULES_KEY, mark_modules, module_table

Lint = Callable[..., LintReport]


@pytest.fixture(scope="session")
def ct() -> Any:
    """coremltools, whose import and use warn about half of the frameworks that it knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("coremltools", reason="the extra coreml is not installed")


@pytest.fixture(scope="session")
def save(ct: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Saves a coremltools model in a folder of its own."""

    def save_model(model: Any) -> Path:
        path = tmp_path_factory.mktemp("package") / "model.mlpackage"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(os.fspath(path))
        return path

    return save_model


@pytest.fixture(scope="session")
def convert(ct: Any, save: Callable[[Any], Path]) -> Callable[..., Path]:
    """Converts a module by way of torch.export, float16 inside and at the border; `change` may alter the model."""

    def convert_module(
        module: torch.nn.Module,
        *examples: torch.Tensor,
        precision: str = "FLOAT16",
        ios: int = 16,
        dynamic: Any = None,
        inputs: Any = None,
        change: Callable[[Any, Any], Any] = lambda ct, model: model,
    ) -> Path:
        border = np.float16 if precision == "FLOAT16" else np.float32
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = torch.export.export(module.eval(), examples, dynamic_shapes=dynamic).run_decompositions({})
            marked = mark_modules(exported)
            held = inputs(ct) if inputs else [tuple(example.shape) for example in examples]
            model = ct.convert(
                exported,
                inputs=[ct.TensorType(name=f"x{i}", shape=shape, dtype=border) for i, shape in enumerate(held)],
                outputs=[ct.TensorType(name="y")],
                minimum_deployment_target=getattr(ct.target, f"iOS{ios}"),
                compute_precision=getattr(ct.precision, precision),
                skip_model_load=True,
            )
            table = module_table(model, marked)
            changed = change(ct, model)
        changed.user_defined_metadata[MODULES_KEY] = table
        return save(changed)

    return convert_module


@pytest.fixture(scope="session")
def lint(convert: Callable[..., Path]) -> Lint:
    """The report on a module."""
    return lambda *arguments, **options: lint_program(convert(*arguments, **options))


@pytest.fixture(scope="session")
def lint_mil(ct: Any, save: Callable[[Any], Path]) -> Lint:
    """The report on a program of one function that `build(mb, x)` writes in MIL itself; x is float32."""

    def lint_built(build: Callable[[Any, Any], Any], shape: tuple[int, ...], *, ios: int = 16) -> LintReport:
        from coremltools.converters.mil import Builder as mb  # noqa: N813 - the name that coremltools' guide uses
        from coremltools.converters.mil.mil import Function, Program, types

        target = getattr(ct.target, f"iOS{ios}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Function({"x": mb.placeholder(shape=shape, dtype=types.fp32)}, opset_version=target) as function:
                outputs = build(mb, function.inputs["x"])
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
        return lint_program(save(model))

    return lint_built
