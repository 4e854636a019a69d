"""What is inside a `.tflite` file, anyone's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from efficientmod_export.targets._contents import FileContents, Graph, HeldTensor, counted, parts_of, weights_of
from efficientmod_export.targets.tflite._file import operator_names, stored, text_of
from efficientmod_export.targets.tflite._file_metadata import NAME, FileMetadata, read_metadata
from efficientmod_export.targets.tflite._lint import read_tflite
from efficientmod_mobile.errors import InputError

LEAST_RUNTIME = "min_runtime_version"


def tflite_contents(path: Path) -> FileContents:
    """Read a file. Raises InputError for one that cannot be read, or is no TFLite model."""
    from ai_edge_litert import schema_py_generated as schema

    data = read_tflite(path)
    try:
        return _contents(path, data, schema.ModelT.InitFromPackedBuf(data, 0))
    except Exception as error:  # with a damaged offset the generated reader can raise any exception
        raise InputError(
            f"{path.name} is no TFLite model, or is cut short; convert the model again.", code="damaged_tflite"
        ) from error


def _contents(path: Path, data: bytes, model: Any) -> FileContents:
    entries = {text_of(entry.name): stored(model, int(entry.buffer), data) for entry in model.metadata or ()}
    stated = read_metadata(entries.get(NAME), data)
    names = operator_names(model)
    graphs = tuple(_graph(model, index, names, data) for index in range(len(model.subgraphs)))
    weights = sum(one.size for graph in graphs for one in graph.weights)
    parts = parts_of(
        len(data),
        weights=weights,
        metadata=sum(map(len, entries.values())),
        files_behind_the_model=stated.archive,
    )
    return FileContents(
        path,
        f"TFLite, schema version {model.version}",
        len(data),
        graphs,
        parts,
        _metadata(model, entries, stated),
        labels=stated.labels,
        normalisation=stated.normalisation,
    )


def _metadata(model: Any, entries: dict[str, bytes], stated: FileMetadata) -> dict[str, str]:
    told = {"made by": text_of(model.description), **stated.texts}
    if LEAST_RUNTIME in entries:
        told["least runtime"] = entries[LEAST_RUNTIME].rstrip(b"\0").decode("utf-8", "replace")
    for signature in model.signatureDefs or ():
        taken, given = ([text_of(one.name) for one in listed] for listed in (signature.inputs, signature.outputs))
        told[f"signature {text_of(signature.signatureKey)}"] = f"{', '.join(taken)} -> {', '.join(given)}"
    others = [name for name in entries if name not in (NAME, LEAST_RUNTIME)]
    told |= {f"entry {name}": f"{len(entries[name])} bytes" for name in others}
    return {name: text for name, text in told.items() if text}


def _graph(model: Any, index: int, names: list[str], data: bytes) -> Graph:
    graph = model.subgraphs[index]
    return Graph(
        text_of(graph.name) or f"graph {index}",
        tuple(_tensor(graph.tensors[place]) for place in graph.inputs),
        tuple(_tensor(graph.tensors[place]) for place in graph.outputs),
        counted(names[operator.opcodeIndex] for operator in graph.operators),
        weights_of(_weights(model, graph, data)),
    )


def _weights(model: Any, graph: Any, data: bytes) -> Iterator[tuple[str, int]]:
    """The constants; a buffer that several tensors share counts once."""
    seen: set[int] = set()
    for tensor in graph.tensors:
        size = len(stored(model, int(tensor.buffer), data))
        if size and tensor.buffer not in seen:
            seen.add(tensor.buffer)
            yield _dtype(tensor.type), size


def _tensor(tensor: Any) -> HeldTensor:
    signature = tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature
    fixed = () if signature is None else signature
    shape = tuple(None if length < 0 else int(length) for length in fixed)
    return HeldTensor(text_of(tensor.name), shape, _dtype(tensor.type), quantisation=_quantised(tensor.quantization))


def _quantised(stated: Any) -> tuple[float, int] | None:
    if stated is None or stated.scale is None or len(stated.scale) != 1:
        return None
    return float(stated.scale[0]), 0 if stated.zeroPoint is None else int(stated.zeroPoint[0])


def _dtype(number: int) -> str:
    from ai_edge_litert import schema_py_generated as schema

    names: dict[int, str] = {
        code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)
    }
    return names.get(number, f"type {number}")
