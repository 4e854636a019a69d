"""What is inside the Core ML delegate of a `.pte`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from efficientmod_export.foreign import quiet
from efficientmod_export.mil import Package, inventory
from efficientmod_export.targets._contents import Graph
from efficientmod_export.targets.coreml import graphs_of
from efficientmod_export.targets.executorch_coreml._inner_package import PACKAGE, unflatten


def delegate_graphs(data: bytes, named: Mapping[str, bytes]) -> tuple[Graph, ...]:
    """The functions of the package that the delegate holds."""
    del named
    with TemporaryDirectory() as workshop, quiet():
        package = Package(unflatten(data, Path(workshop)) / PACKAGE)
        return tuple(replace(graph, name=f"{PACKAGE}, {graph.name}") for graph in graphs_of(inventory(package)))
