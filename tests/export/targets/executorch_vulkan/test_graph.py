"""Programs as they are read from files: against ExecuTorch's own reader, and damaged in every place."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import quiet
from efficientmod_export.targets._flatbuffer import DamagedError, root
from efficientmod_export.targets.executorch_vulkan._file import read_file
from efficientmod_export.targets.executorch_vulkan._graph import DTYPES, Several, Value, read_graph
from efficientmod_mobile.errors import ConversionError

from ....raising import refused


@pytest.fixture(scope="module")
def pte(faulty_file: ModelFile) -> Any:
    from executorch.exir._serialize._program import deserialize_pte_binary

    return deserialize_pte_binary(faulty_file.path.read_bytes())


@pytest.fixture(scope="module")
def delegate(pte: Any) -> bytes:
    (data,) = pte.program.backend_delegate_data
    return bytes(data.data)


@pytest.fixture(scope="module")
def named(pte: Any) -> dict[str, bytes]:
    return {key: bytes(pte.named_data.buffers[entry.buffer_index]) for key, entry in pte.named_data.pte_data.items()}


def plain(value: Any) -> Any:
    """A value of ExecuTorch's reader in the form of ours."""
    kind = type(value).__name__
    if kind == "VkTensor":
        return tuple(value.dims), DTYPES[int(value.datatype)], int(value.storage_type), int(value.memory_layout)
    if kind == "ValueList":
        return Several(tuple(value.items))
    return next(iter(vars(value).values()), None)


def test_it_reads_what_executorchs_own_reader_reads(delegate: bytes, named: dict[str, bytes]) -> None:
    with quiet():  # it warns of its own deprecations
        from executorch.backends.vulkan.serialization import vulkan_graph_serialize as serialize

        header = serialize.VulkanDelegateHeader.from_bytes(delegate[:30])
        theirs = serialize.flatbuffer_to_vk_graph(delegate[header.flatbuffer_offset :][: header.flatbuffer_size])
    ours = read_graph(delegate, named)
    assert [(call.name, [*call.arguments, call.result]) for call in ours.calls] == [
        (call.name, call.args) for call in theirs.chain
    ]
    assert (list(ours.inputs), list(ours.outputs)) == (theirs.input_ids, theirs.output_ids)
    assert len(ours.values) == len(theirs.values) > 40
    for mine, other in zip(ours.values, theirs.values, strict=True):
        found = (mine.shape, mine.dtype, mine.storage, mine.layout) if isinstance(mine, Value) else mine
        assert found == plain(other.value)
        assert type(found) is type(plain(other.value))
        if isinstance(mine, Value) and other.value.constant_id >= 0:
            stored = named[theirs.constants[other.value.constant_id].named_key]
            assert mine.data is not None
            assert mine.data.numpy().tobytes() == stored


def test_the_weights_are_the_networks(faulty_file: ModelFile, faulty: Any) -> None:
    held = [value.data for value in read_file(faulty_file.path).graph.values if isinstance(value, Value)]
    weight = faulty.graph_module.get_parameter("depthwise.weight")
    assert any(data is not None and torch.equal(data, weight) for data in held)


@pytest.mark.parametrize("length", [0, 7, 29, 31, 40, 500, -200, -1])
def test_a_delegate_that_is_cut_off_is_refused(length: int, delegate: bytes, named: dict[str, bytes]) -> None:
    end = int.from_bytes(delegate[10:14], "little") + int.from_bytes(delegate[14:18], "little")
    with pytest.raises(DamagedError):
        read_graph(delegate[: length if length >= 0 else end + length], named)


def test_a_constant_that_is_missing_or_of_another_size_is_refused(delegate: bytes, named: dict[str, bytes]) -> None:
    key = next(iter(named))
    with pytest.raises(DamagedError, match=f"the constant '{key}' is missing"):
        read_graph(delegate, {name: data for name, data in named.items() if name != key})
    with pytest.raises(DamagedError, match="does not have the bytes of a tensor"):
        read_graph(delegate, {**named, key: named[key] + b"\0"})


def test_another_flatbuffer_is_refused() -> None:
    with pytest.raises(DamagedError, match="not with b'VK00'"):
        root(b"\x10\0\0\0TFL3" + bytes(40), b"VK00")


def test_changed_bytes_never_raise_anything_else(delegate: bytes, named: dict[str, bytes]) -> None:
    """Either it is still a program, or it is damaged."""
    generator, damaged = random.Random(0), 0
    for _ in range(150):
        data = bytearray(delegate)
        for _ in range(generator.choice((1, 4))):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            read_graph(bytes(data), named)
        except DamagedError:
            damaged += 1
    assert 20 < damaged < 150


def test_a_file_of_another_backend_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pte"
    path.write_bytes(b"\0" * 64)
    with quiet(), refused(ConversionError, "loading_failed", "model.pte"):
        read_file(path)
