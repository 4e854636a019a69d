"""An evaluation on a Dask cluster of several processes, one of which is killed meanwhile."""

from pathlib import Path

import pytest

from efficientmod_export import evaluate
from efficientmod_mobile.errors import DependencyError, InputError

from ...raising import refused
from ..cluster import Killer, running
from .conftest import Made, draw

WORKERS = 3

pytest.importorskip("distributed", reason="the extra cluster is not installed")


@pytest.fixture(autouse=True)
def importable(made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own, of connections that end
def test_a_worker_that_is_killed_costs_nothing(made: Made, tmp_path: Path) -> None:
    draw(tmp_path / "many", 400)
    here = evaluate(made.other, "many", processes=2)
    with running(tmp_path, WORKERS) as cluster:
        partial = tmp_path / "a.json.partial"
        killer = Killer(cluster, lambda: partial.exists() and len(partial.read_text().splitlines()) > 1)
        killer.start()
        there = evaluate(made.other, "many", scheduler=cluster.address, json_file="a.json")
        killer.join()
        assert killer.killed is not None, "no worker had work when the first pictures were seen"
        assert sum(process.poll() is None for process in cluster.workers) == WORKERS - 1
    assert there.workers == f"{WORKERS} workers of {cluster.address}"
    assert (there.evaluated, there.unreadable) == (400, {})
    assert [row.agreement for row in there.rows] == [row.agreement for row in here.rows]
    assert there.differing == here.differing


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_no_use(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, 0) as cluster, refused(InputError, "unusable_cluster", "dask worker"):
        evaluate(made.bundle, made.images, scheduler=cluster.address)
    monkeypatch.setattr("efficientmod_export._workers.CONNECTED_WITHIN", "1s")
    with refused(InputError, "unreachable_scheduler", "tcp://127.0.0.1:9"):
        evaluate(made.bundle, made.images, scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_command_that_installs_it_is_named(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("efficientmod_export._workers.find_spec", lambda name: None)
    with refused(DependencyError, "missing_package", "distributed", "[cluster]"):
        evaluate(made.bundle, made.images, scheduler="tcp://127.0.0.1:9")
