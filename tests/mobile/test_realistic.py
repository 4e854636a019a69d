import hashlib

import numpy as np

from efficientmod_mobile import realistic_state

SHAPES: dict[str, tuple[int, ...]] = {
    "conv.weight": (8, 3, 3, 3),
    "conv.bias": (8,),
    "bn.weight": (4000,),
    "bn.bias": (4000,),
    "bn.running_mean": (4000,),
    "bn.running_var": (4000,),
    "bn.num_batches_tracked": (),
    "block.gamma_1": (4000,),
    "temperature": (),
}


def digest(seed: int) -> str:
    state = realistic_state(SHAPES, seed)
    return hashlib.sha256(b"".join(state[key].tobytes() for key in SHAPES)).hexdigest()


def test_the_values_are_those_of_the_golden_outputs() -> None:
    assert digest(0) == "8a531353d8f49baf17582cd32dd4e199048e6449f89bc1d119dcba224bc5d5c4"
    assert digest(3) == "4a13ca3f133184391b734e3bb647a506197226c90734096e1b549a7920137735"


def test_a_value_depends_only_on_its_key_and_the_seed() -> None:
    whole = realistic_state(SHAPES, 0)
    alone = realistic_state({"bn.weight": (4000,)}, 0)
    assert np.array_equal(alone["bn.weight"], whole["bn.weight"])
    assert not np.array_equal(alone["bn.weight"], realistic_state(SHAPES, 1)["bn.weight"])


def test_types_and_shapes() -> None:
    state = realistic_state(SHAPES, 0)
    assert {key: value.shape for key, value in state.items()} == SHAPES
    assert state["bn.num_batches_tracked"].dtype == np.int64
    assert {value.dtype for key, value in state.items() if "tracked" not in key} == {np.dtype(np.float32)}


def test_the_scale_is_that_of_trained_networks() -> None:
    state = realistic_state(SHAPES, 0)
    assert 0.1 <= state["block.gamma_1"].min() < state["block.gamma_1"].max() <= 0.5
    assert 0.5 <= state["bn.running_var"].min() < state["bn.running_var"].max() <= 2.0
    outliers = np.abs(state["bn.weight"]) > 2.5
    assert 0.01 < outliers.mean() < 0.03
    assert abs(state["conv.weight"].std() * np.sqrt(27) - 1) < 0.15
