"""A network as an ATen graph: captured from a module, run, read and edited."""

from efficientmod_mobile.deploy.program._capture import capture
from efficientmod_mobile.deploy.program._float64_interpreter import Float64Interpreter, promoted
from efficientmod_mobile.deploy.program._graph import (
    Shape,
    add_parameter,
    arguments,
    clean,
    emit,
    evaluate,
    is_call,
    is_computed,
    module_path,
    node_dtype,
    only_user,
    refresh,
    replace,
    set_argument,
    set_parameter,
    shape,
    tensor_of,
    where,
)
from efficientmod_mobile.deploy.program._linear_map import along
from efficientmod_mobile.deploy.program._output_dtypes import output_dtype
from efficientmod_mobile.deploy.program._program import Program, build, copy_graph, get_tensor, run, to_dtype
from efficientmod_mobile.deploy.program._quantised import refuse_quantised_modules

__all__ = [
    "Float64Interpreter",
    "Program",
    "Shape",
    "add_parameter",
    "along",
    "arguments",
    "build",
    "capture",
    "clean",
    "copy_graph",
    "emit",
    "evaluate",
    "get_tensor",
    "is_call",
    "is_computed",
    "module_path",
    "node_dtype",
    "only_user",
    "output_dtype",
    "promoted",
    "refresh",
    "refuse_quantised_modules",
    "replace",
    "run",
    "set_argument",
    "set_parameter",
    "shape",
    "tensor_of",
    "to_dtype",
    "where",
]
