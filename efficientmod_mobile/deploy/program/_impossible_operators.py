"""Operators that no runtime of phones has and that are not known in others: refused in a sentence with a way out."""

from typing import Any

from torch import fx
from torch._ops import OpOverload

from efficientmod_mobile.deploy.program._graph import shape, where
from efficientmod_mobile.errors import ConversionError

_BY_STEPS = (
    "return the matrix and let the app compute it, or write a fixed number of steps of products, such as "
    "Newton-Schulz's for an inverse or a root"
)
_BY_GRIDS = "read the same places with F.grid_sample"

_WAYS_OUT = {
    **dict.fromkeys(
        (
            *("_linalg_eigh", "cholesky", "cholesky_inverse", "cholesky_solve", "inverse", "det", "linalg_cholesky"),
            *("linalg_cholesky_ex", "linalg_cond", "linalg_det", "linalg_eigh", "linalg_eigvalsh", "linalg_inv"),
            *("linalg_inv_ex", "linalg_ldl_factor", "linalg_lstsq", "linalg_lu", "linalg_lu_factor"),
            *("linalg_matrix_exp", "linalg_matrix_rank", "linalg_pinv", "linalg_qr", "linalg_slogdet", "linalg_solve"),
            *("linalg_solve_ex", "linalg_solve_triangular", "linalg_svd", "linalg_svdvals", "logdet", "lu_solve"),
            *("matrix_exp", "pinverse", "qr", "slogdet", "svd", "triangular_solve"),
        ),
        _BY_STEPS,
    ),
    **dict.fromkeys(("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool"), _BY_GRIDS),
}
"""By the operator's name."""

_SMALL = ("inverse", "det", "linalg_det", "linalg_inv", "linalg_solve")
"""Operators that are written in products where a matrix has no more than three rows."""

_SIZES = {
    "nms": "return all boxes and their scores, and let the app choose among them",
    "nonzero": "return the mask, or the places of a fixed number by topk()",
    "masked_select": "multiply by the mask, or take a fixed number by topk()",
    "index": "a mask that never changes is a list of integers, made outside of forward(); multiply by any other",
}

_OWN_TO_PYTORCH = ("aten", "prims", "prim")


def refuse_impossible_operators(graph: fx.Graph) -> None:
    """Raise ConversionError for the first operator on values of the inputs that no runtime has."""
    computed: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op != "placeholder" and not computed.intersection(node.all_input_nodes):
            continue  # what is constant is computed now
        computed.add(node)
        target = node.target
        if not isinstance(target, OpOverload):
            if "functorch" in str(getattr(target, "__module__", "")):
                raise ConversionError(
                    f"{where(node)} runs under torch.vmap or a transform of torch.func; write it for whole batches",
                    code="impossible_operator",
                )
            continue
        way_out = _way_out(node, target)
        if way_out:
            raise ConversionError(
                f"{where(node)} computes {target.namespace}.{target._opname}, which no runtime of phones "
                f"has; {way_out}",
                code="impossible_operator",
            )


def _way_out(node: fx.Node, target: OpOverload) -> str | None:
    name = target._opname
    if name in _SMALL and shape(_first(node))[-1] in (2, 3):
        return None
    if name in _WAYS_OUT:
        return _WAYS_OUT[name]
    return None if target.namespace in _OWN_TO_PYTORCH else "write it in PyTorch's own operators"


def _first(node: fx.Node) -> Any:
    return node.args[0]


def dynamic_size(node: fx.Node) -> str:
    """The sentence for a node of a size that depends on values."""
    source: Any = node
    while not isinstance(source.target, OpOverload) and source.all_input_nodes:  # a part of a result
        source = source.all_input_nodes[0]
    name = source.target._opname if isinstance(source.target, OpOverload) else ""
    advice = _SIZES.get(name, "make forward() return tensors of fixed sizes")
    return f"the size of {where(node)} depends on values{f' ({name})' if name else ''}; {advice}"
