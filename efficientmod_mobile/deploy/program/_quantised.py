"""Networks that are quantised already, or prepared for it, are refused: a program is of float32 numbers."""

from torch import fx, nn
from torch._ops import OpOverload

from efficientmod_mobile.errors import ConversionError

_WAY_OUT = (
    "export the float network that it was made from, before prepare() and convert(), and have it quantised here, by "
    "--precision int8"
)
_PACKAGES = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized", "torch.ao.nn.qat")
_NAMESPACES = ("quantized", "quantized_decomposed", "torchao")


def refuse_quantised_modules(module: nn.Module) -> None:
    """Raise ConversionError for a network with int8 modules or with modules that watch or round its values."""
    for name, part in module.named_modules():
        kind = type(part)
        if kind.__module__.startswith(_PACKAGES):
            raise ConversionError(
                f"{name or 'the network'} is a quantised {kind.__name__} ({kind.__module__}); {_WAY_OUT}",
                code="quantised_network",
            )
        watches = kind.__module__ in ("torch.ao.quantization.fake_quantize", "torch.ao.quantization.observer")
        if watches:
            raise ConversionError(
                f"{name} ({kind.__name__}) prepares a quantisation of its values; {_WAY_OUT}", code="quantised_network"
            )

    for name, held in module.named_parameters():
        if type(held.data).__module__.startswith("torchao"):
            raise ConversionError(
                f"{name} is a quantised {type(held.data).__name__}; {_WAY_OUT}", code="quantised_network"
            )


def refuse_quantised_operators(graph: fx.Graph) -> None:
    """Raise ConversionError for operators on quantised numbers, as PyTorch's quantisers of graphs put them in."""
    for node in graph.nodes:
        target = node.target
        if not isinstance(target, OpOverload):
            continue
        if target.namespace in _NAMESPACES or "fake_quantize" in target._opname:
            raise ConversionError(
                f"the network computes {target} on quantised values ({node.name}); {_WAY_OUT}", code="quantised_network"
            )
