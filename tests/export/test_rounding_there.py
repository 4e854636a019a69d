"""Weights rounded on a Dask cluster are those that are rounded here."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from efficientmod_export import export
from efficientmod_export.quantisation import layer_weights, round_to_nearest, with_weights
from efficientmod_mobile.deploy import capture, run
from efficientmod_mobile.errors import InputError

from ..raising import refused
from .cluster import Killer, running

INT8 = {"targets": "tflite", "units": "cpu", "precisions": "int8-weights"}


def test_weights_travel_apart_from_their_program() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 6, 3), nn.Flatten(), nn.Linear(96, 5))
    x = torch.randn(1, 3, 8, 8)
    program = capture(network.eval(), x)
    rounded = round_to_nearest(program)
    weights = layer_weights(rounded)
    assert len(weights) == 2
    (there,), (here,) = run(with_weights(program, weights), x), run(with_weights(rounded, weights), x)
    assert torch.equal(there, here)
    assert not torch.equal(there, run(program, x)[0])
    with pytest.raises(ValueError, match="layers"):
        with_weights(program, {"another": next(iter(weights.values()))})


def test_what_a_cluster_has_nothing_to_do_for(tiny_model: str) -> None:
    with refused(InputError, "conflicting_options", "--precision int8"):
        export(tiny_model, targets="onnx", scheduler="tcp://127.0.0.1:9")
    with refused(InputError, "conflicting_options", "package.module:function"):
        export(nn.Conv2d(3, 3, 3), resolution=32, scheduler="tcp://127.0.0.1:9", **INT8)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own, of connections that end
def test_a_file_is_the_same_wherever_its_weights_are_rounded(tiny_model: str, tmp_path: Path) -> None:
    """One of the workers is killed while it rounds."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    export(tiny_model, output="here", **INT8).raise_for_failure()
    with running(tmp_path, 2) as cluster:
        killer = Killer(cluster, lambda: True)
        killer.start()
        export(tiny_model, output="there", scheduler=cluster.address, **INT8).raise_for_failure()
        killer.join()
        assert killer.killed is not None
    here, there = (Path(name, "model_int8_weights.tflite").read_bytes() for name in ("here", "there"))
    assert np.array_equal(np.frombuffer(here, np.uint8), np.frombuffer(there, np.uint8))
