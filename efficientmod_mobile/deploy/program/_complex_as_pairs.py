"""Complex numbers become pairs of real ones, and Fourier transforms of fixed size products with constant matrices.

    z = a + ib           ->  (a, b)
    fft(z) along an axis ->  (C a - S b, S a + C b)            C + iS the matrix of the transform
    rfft, irfft          ->  the same, with the part that is zero left out

No mobile runtime has complex numbers. The transforms are in `_complex_fourier.py`, what else is done to pairs in
`_complex_rules.py`. What is computed from constants alone is computed once.
"""

from typing import Any

from torch import Tensor, fx

from efficientmod_mobile.deploy.program._complex_fourier import RULES as FOURIER
from efficientmod_mobile.deploy.program._complex_rules import RULES, Pair, Parts, Rule
from efficientmod_mobile.deploy.program._graph import add_parameter, evaluate, module_path, tensor_of
from efficientmod_mobile.errors import ConversionError


def without_complex_numbers(graph: fx.Graph) -> None:
    """Rewrite a graph, which belongs to a module, in place.

    Raises:
        ConversionError: an operator on complex numbers is not known, or the network returns them.
    """
    if any(map(_is_complex, graph.nodes)):
        _Rewriting(graph).run()


def _is_complex(node: fx.Node) -> bool:
    value = node.meta.get("val")
    parts = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(part, Tensor) and part.is_complex() for part in parts)


class _Rewriting:
    """One pass over a graph, with the pair of each complex node so far, and what is computed from constants alone."""

    def __init__(self, graph: fx.Graph) -> None:
        self._graph = graph
        self._pairs: dict[fx.Node, Pair] = {}
        self._constant: dict[fx.Node, bool] = {}
        self._values: dict[fx.Node, Any] = {}

    def run(self) -> None:
        """Replace every operator that takes or gives complex numbers, then erase them."""
        for node in list(self._graph.nodes):
            takes = [source for source in node.all_input_nodes if _is_complex(source)]
            if node.op == "output" and takes:
                raise ConversionError(
                    "the network returns complex numbers; return torch.view_as_real of them", code="complex_numbers"
                )
            if node.op != "output" and (takes or _is_complex(node)):
                self._rewrite(node)
        for node in reversed(list(self._graph.nodes)):
            if not node.users and _is_complex(node):
                self._graph.erase_node(node)

    def _rewrite(self, node: fx.Node) -> None:
        if self._is_constant(node):
            if _is_complex(node):
                return
            result: Pair | fx.Node = add_parameter(node, node.name, self._value(node))
        else:
            result = self._rule(node)(self._parts, node)
        if isinstance(result, tuple):
            self._pairs[node] = result
        else:
            node.replace_all_uses_with(result)
            self._graph.erase_node(node)

    def _is_constant(self, node: fx.Node) -> bool:
        if node not in self._constant:
            computed = node.op == "call_function" and all(map(self._is_constant, node.all_input_nodes))
            self._constant[node] = node.op == "get_attr" or computed
        return self._constant[node]

    def _value(self, node: fx.Node) -> Any:
        if node not in self._values:
            self._values[node] = tensor_of(node) if node.op == "get_attr" else evaluate(node, self._value)
        return self._values[node]

    def _rule(self, node: fx.Node) -> Rule:
        rule = FOURIER.get(node.target) or RULES.get(node.target)
        if rule is None:
            where = module_path(node) or "the network itself"
            raise ConversionError(
                f"{where} computes {node.target} on complex numbers, which no mobile runtime has and which is not "
                "known in real ones; write it with torch.view_as_real",
                code="complex_numbers",
            )
        return rule

    def _parts(self, operand: Any) -> Parts:
        """Real and imaginary part of an operand; the second is None where it is real."""
        if not isinstance(operand, fx.Node):
            return (operand.real, operand.imag) if isinstance(operand, complex) else (operand, None)
        if operand not in self._pairs and _is_complex(operand):
            value: Tensor = self._value(operand)
            near, names = next(iter(operand.users)), (f"{operand.name}_real", f"{operand.name}_imaginary")
            real, imaginary = (
                add_parameter(near, name, part.contiguous())
                for name, part in zip(names, (value.real, value.imag), strict=True)
            )
            self._pairs[operand] = real, imaginary
        return self._pairs.get(operand, (operand, None))
