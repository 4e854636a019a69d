"""Operators of MIL that have no kernel here, and why."""

from collections.abc import Mapping

_RANDOM = "gives random values, which cannot be compared with a reference; make them an input of the network"
_CONTROL = "is control flow, which is not supported; unroll it in the network before the conversion"
_LIST = "works on a list of tensors, which is not supported; unroll the loop that fills it before the conversion"
_STATE = "reads or writes a state, which is not supported; convert the model without states"
UNSUPPORTED: Mapping[str, str] = {
    **dict.fromkeys(("random_bernoulli", "random_categorical", "random_normal", "random_uniform"), _RANDOM),
    **dict.fromkeys(("cond", "while_loop"), _CONTROL),
    **dict.fromkeys(("list_gather", "list_length", "list_read", "list_scatter", "list_write", "make_list"), _LIST),
    **dict.fromkeys(("read_state", "coreml_update_state", "write_state"), _STATE),
    "conv_quantized": "is not supported; coremltools stopped writing it, so convert the model again",
    "reverse_sequence": "is not supported; coremltools does not make it from PyTorch",
}
"""Name -> what follows the operator's name in the error message."""
