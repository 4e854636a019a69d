"""The kernels' signatures against coremltools' own definitions of MIL's operators, opset by opset."""

from typing import Any

import pytest
import torch

from efficientmod_export.mil._registry import REGISTRY, find_operator, operator
from efficientmod_export.mil._unsupported import UNSUPPORTED

OPSETS = (15, 16, 17, 18)
# Attributes of the definition that never reach a saved package.
NOT_SAVED = {"_existing_blocks"}


def definitions(ct: Any, ios: int) -> dict[str, Any]:
    from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry

    target = getattr(ct.target, f"iOS{ios}")
    return {name: versions[target] for name, versions in SSAOpRegistry.core_ops.items() if target in versions}


@pytest.mark.parametrize("ios", OPSETS)
def test_every_kernel_takes_exactly_the_inputs_of_its_opset(ct: Any, ios: int) -> None:
    defined = definitions(ct, ios)
    wrong = {}
    for name in REGISTRY:
        found = find_operator(name, ios)
        if found is None:
            assert name not in defined, f"{name} is part of iOS {ios}, but the kernel comes later"
            continue
        assert name in defined, f"{name} is no operator of iOS {ios}"
        kinds = defined[name].input_spec.input_types
        expected = {key: not kind.optional for key, kind in kinds.items() if key not in NOT_SAVED}
        have = {key: parameter.required for key, parameter in found.parameters.items()}
        if have != expected:
            wrong[name] = (have, expected)
    assert not wrong


def test_what_is_left_out_is_known_by_name(ct: Any) -> None:
    # The reader takes constants apart, which are no operators.
    left_out = set(definitions(ct, 18)) - set(REGISTRY) - {"_const_symbolic", "const"}
    # Of coremltools' dialect, not of its core.
    assert left_out | {"coreml_update_state", "write_state"} == set(UNSUPPORTED)


def test_registering_an_operator_twice_raises() -> None:
    with pytest.raises(ValueError, match="'relu' of iOS 15 is registered twice"):

        @operator("relu")
        def again(x: torch.Tensor) -> torch.Tensor:
            return x
