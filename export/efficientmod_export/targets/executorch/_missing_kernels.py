"""Why ExecuTorch does not load or run a file: it raises a number, and prints the reason."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from efficientmod_export.foreign import quiet
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError, EfficientModError

WAY_OUT = "compute it otherwise, or leave this target out"

_MISSING = re.compile(r"Missing operator: \[\d+\] (\S+)")
_FAILED = re.compile(r"KernelCall failed at instruction \S+ in operator (\S+): 0x")
_CHECK = re.compile(r"Check failed \(.*\): (.+)")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise ConversionError for a RuntimeError of ExecuTorch that it printed the reason of; other errors pass."""
    try:
        with quiet():
            yield
    except EfficientModError:
        raise
    except RuntimeError as error:
        reason = _reason("\n".join(getattr(error, "__notes__", ())))
        if reason is None:
            raise
        raise ConversionError(f"{path.name} does not run in ExecuTorch: {reason}.", code="runtime_refused") from error


def _reason(printed: str) -> str | None:
    if missing := list(dict.fromkeys(_MISSING.findall(printed))):
        return f"this ExecuTorch has no kernel {', '.join(missing)}; {WAY_OUT}"
    if failed := _FAILED.search(printed):
        check = _CHECK.search(printed)
        reason = f" ({check[1].rstrip('.')})" if check else ""
        return f"its kernel {failed[1]} refuses the tensors{reason}; {WAY_OUT}"
    return None


def check_kernels(program: Program, called: tuple[str, ...]) -> None:
    """Raise ConversionError where a kernel that a lowered program calls does not exist in this ExecuTorch.

    `called` are the names of operators outside the delegates, as in "aten::sort.values".
    """
    from executorch.extension.pybindings import portable_lib

    existing = set(portable_lib._get_operator_names())
    missing = [name for name in dict.fromkeys(called) if name not in existing]
    if missing:
        where = [f"{name}{_module(program, name)}" for name in missing]
        raise ConversionError(f"ExecuTorch has no kernel {', '.join(where)}; {WAY_OUT}.", code="missing_kernel")


def _module(program: Program, kernel: str) -> str:
    """The modules of the network that call an operator, where it stands for one of theirs."""
    operator = kernel.partition("::")[2].partition(".")[0].removesuffix("_copy")
    nodes = [node for node in program.graph.nodes if getattr(node.target, "_opname", None) == operator]
    paths = dict.fromkeys(module_path(node) or "the network itself" for node in nodes)
    return f" for {', '.join(paths)}" if paths else ""
