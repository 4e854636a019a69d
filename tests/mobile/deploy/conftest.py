"""Fixtures of the transforms' tests: realistic weights, a comparison with the module, and counts of operators."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from efficientmod_mobile import realistic_state
from efficientmod_mobile.deploy import EXACT, Program, Recipe, Step, capture, run, to_dtype
from efficientmod_mobile.deploy._transform import apply

EXACTNESS = 1e-12


@dataclass(frozen=True)
class Result:
    """A program after a recipe, in float64, already proven equal to the module that it came from."""

    before: Program
    program: Program
    steps: tuple[Step, ...]

    def applied(self) -> dict[str, int]:
        """How often each transform applied, those that did."""
        return {step.transform: step.applied for step in self.steps if step.applied}

    def refused(self, transform: str) -> list[str]:
        """Why a transform refused, in the order of the graph."""
        return [refusal.reason for step in self.steps if step.transform == transform for refusal in step.refused]

    def operators(self) -> Counter[str]:
        """How often the result calls each operator, by its plain name (`conv2d`)."""
        calls = [node for node in self.program.graph.nodes if node.op == "call_function"]
        return Counter(getattr(node.target, "_opname", str(node.target)) for node in calls)


def with_realistic_weights(module: nn.Module, seed: int = 0) -> nn.Module:
    state = realistic_state({key: tuple(value.shape) for key, value in module.state_dict().items()}, seed)
    module.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    return module.eval()


def relative_difference(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    assert a.dtype == torch.float64 or not a.is_floating_point()
    a, b = a.double(), b.double()  # integers and booleans
    return float((a - b).abs().max() / b.abs().max())


Transformed = Callable[..., Result]


@pytest.fixture
def transformed() -> Transformed:
    """Capture a module, run a recipe in float64, and hold the result against the module itself, run eagerly.

    `shape` is that of the image; realistic weights are loaded unless `keep_weights`.
    """

    def transform(
        module: nn.Module,
        shape: tuple[int, ...],
        recipe: Recipe = EXACT,
        *,
        keep_weights: bool = False,
    ) -> Result:
        module = module.eval() if keep_weights else with_realistic_weights(module)
        generator = torch.Generator().manual_seed(7)
        image = torch.randn(shape, generator=generator, dtype=torch.float64)
        before = capture(module, image.float())
        program = to_dtype(before, torch.float64)
        steps = apply(recipe, program)
        with torch.no_grad():
            expected = module.double()(image)
        expected = expected if isinstance(expected, tuple) else (expected,)
        result = run(program, image)
        assert len(result) == len(expected)
        for ours, theirs in zip(result, expected, strict=True):
            assert relative_difference(ours, theirs) <= EXACTNESS
        for node in program.graph.nodes:
            if node.op == "call_function" and isinstance(node.meta["val"], Tensor):
                assert node.meta["val"].dtype != torch.float32
        return Result(before, program, steps)

    return transform
