"""Every private name of other libraries that this toolkit uses; a test proves that the list is complete.

A private name may be renamed or removed in any release. Then change the code that uses it (the test lists the files)
for the new version, and the entry here or in the patch that declares it.
"""

from efficientmod_export.foreign._coremltools_gelu import TANH_GELU
from efficientmod_export.foreign._coremltools_integers import INTEGER_QUOTIENTS
from efficientmod_export.foreign._coremltools_joined import WHOLE_VALUES
from efficientmod_export.foreign._faster_coremltools import SKIP_VALIDATION
from efficientmod_export.foreign._faster_executorch import TRACE_CHANGED_GRAPHS
from efficientmod_export.foreign._faster_torch import COMPILE_WHEN_CALLED, SHARE_HISTORIES
from efficientmod_export.foreign._names import ForeignName

PATCHES = (
    *(COMPILE_WHEN_CALLED, SHARE_HISTORIES, TRACE_CHANGED_GRAPHS, SKIP_VALIDATION),
    *(TANH_GELU, INTEGER_QUOTIENTS, WHOLE_VALUES),
)

READ = (
    ForeignName("os", "_exit"),
    ForeignName("torch._C", "_dispatch_has_kernel_for_dispatch_key"),
    ForeignName("torch._decomp", "decomposition_table"),
    ForeignName("torch._ops", "HigherOrderOperator"),
    ForeignName("torch._ops", "OpOverload"),
    ForeignName("torch._ops", "OpOverload._opname"),
    ForeignName("torch._ops", "OpOverload._overloadname"),
    ForeignName("torch._ops", "OpOverload._schema"),
    ForeignName("torch._subclasses", "FakeTensor"),
    ForeignName("torch._subclasses", "FakeTensorMode"),
    ForeignName("torch.fx", "Node._erased"),
    ForeignName("torch.nn", "Module._buffers"),
    ForeignName("torch.nn", "Module._parameters"),
    ForeignName("torch.nn.modules.batchnorm", "_BatchNorm"),
    ForeignName("torch.ops", "aten._native_batch_norm_legit_no_training"),
    ForeignName("torch.ops", "aten._to_copy"),
    ForeignName("torch.ops", "aten._unsafe_view"),
    ForeignName("torch.ops", "aten._conj"),
    ForeignName("torch.ops", "aten._upsample_bicubic2d_aa"),
    ForeignName("torch.ops", "aten._upsample_bilinear2d_aa"),
    ForeignName("torch.ops", "aten._upsample_nearest_exact1d"),
    ForeignName("torch.ops", "aten._upsample_nearest_exact2d"),
    ForeignName("torch.ops", "aten._upsample_nearest_exact3d"),
    ForeignName("torch.utils", "_pytree"),
    ForeignName("torch.utils._python_dispatch", "TorchDispatchMode"),
    ForeignName("coremltools.models", "MLModel._mil_program"),
    ForeignName("executorch.exir", "EdgeCompileConfig._check_ir_validity"),
    ForeignName("executorch.exir._serialize._flatbuffer", "_flatc_compile"),
    ForeignName("executorch.exir._serialize._flatbuffer", "_flatc_decompile"),
    ForeignName("executorch.exir._serialize._program", "deserialize_pte_binary"),
    ForeignName("executorch.exir._serialize._program", "serialize_pte_binary"),
    ForeignName("executorch.exir._serialize.data_serializer", "DataEntry"),
    ForeignName("executorch.exir.lowered_backend_module", "LoweredBackendModule._processed_bytes"),
    ForeignName("executorch.extension.pybindings.portable_lib", "_get_operator_names"),
    ForeignName("executorch.extension.pybindings.portable_lib", "_threadpool_get_thread_count"),
    ForeignName("executorch.extension.pybindings.portable_lib", "_unsafe_reset_threadpool"),
    ForeignName("ai_edge_litert.interpreter", "Interpreter._get_ops_details"),
)
"""The names that the two packages use directly, not in a patch."""


def private_names() -> tuple[ForeignName, ...]:
    """The names above and those that the patches declare."""
    return (*READ, *(name for patch in PATCHES for name in patch.names))
