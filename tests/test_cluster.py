"""`--dask`: what comes out is the same, a worker that dies loses nothing, and what cannot be is said in a sentence."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import rcl_cli
from rcl_cli import cluster
from rcl_cli.cli.main import cli
from rcl_cli.cluster import Refused, connected
from rcl_cli.errors import RclError

WHY = "" if find_spec("distributed") else "needs the package distributed: pip install 'rcl-cli[dask]'"
DISTRIBUTED = pytest.mark.skipif(bool(WHY), reason=WHY)  # workers import this file, and nothing beside it
PROGRAM = """
import sys, time
from pathlib import Path
from distributed import LocalCluster

if __name__ == "__main__":
    found = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
    print(found.scheduler_address, flush=True)
    sys.stdin.read()
    found.close()
"""

NO_ADDRESSES = ["", "3", "node", "node:port", "node:0", "node:65536", "http://node:8787", "scheduler.json", "me@node:1"]
DRY = ("apply", "--task", "denoise", "--dry-run")


@pytest.fixture(scope="module")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the scheduler of two workers, which can import this file."""
    if WHY:
        pytest.skip(WHY)
    program = tmp_path_factory.mktemp("cluster") / "program.py"
    program.write_text(PROGRAM)
    paths = [Path(__file__).parent, *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(program)], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, env=variables, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate("", timeout=60)


@pytest.fixture
def raws(tmp_path: Path) -> Path:
    """Five Bayer raws, and a file that is none."""
    folder = tmp_path / "raws"
    for number in range(5):
        rng = np.random.default_rng(number)
        light = np.linspace(0.1, 0.7, 96) * np.ones((64, 1))
        mosaic = (512 + light * 8000 + rng.normal(0, 80, (64, 96))).astype(np.uint16)
        rcl_cli.write(folder / f"{number}.dng", rcl_cli.Raw(mosaic, "RGGB", black=512, white=16383))
    (folder / "bad.dng").write_bytes(b"no raw at all")
    return folder


def lines(*words: object) -> tuple[int, dict[str, dict[str, object]]]:
    """Exit code and JSON lines of `rcl`, by the names of the files."""
    result = CliRunner().invoke(cli, [*map(str, words), "--json"])
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, {Path(line["path"]).name: line for line in found if line["path"]}


@pytest.mark.slow
def test_apply_makes_the_same_files_and_says_the_same(address: str, raws: Path, tmp_path: Path) -> None:
    alone, spread = (
        lines("apply", "--task", "denoise", raws, "-o", tmp_path / name, *more)
        for name, more in (("alone", ()), ("spread", ("--dask", address)))
    )
    assert alone[0] == spread[0] == 1
    assert alone[1].keys() == spread[1].keys()
    for name, line in alone[1].items():
        other = spread[1][name]
        for key in line.keys() - {"seconds", "output"}:
            assert other[key] == line[key], (name, key)
    made = sorted((tmp_path / "alone").iterdir())
    assert len(made) == 5
    assert all((tmp_path / "spread" / file.name).read_bytes() == file.read_bytes() for file in made)
    again = lines("apply", "--task", "denoise", raws, "-o", tmp_path / "spread", "--dask", address)
    assert sorted(str(line["status"]) for line in again[1].values()) == ["failed", *["skipped"] * 5]


@pytest.mark.slow
def test_calibrate_measures_the_same(address: str, raws: Path, tmp_path: Path) -> None:
    for name, more in (("alone", ()), ("spread", ("--dask", address))):
        code, found = lines("calibrate", raws, "--store", tmp_path / name, *more)
        assert code == 1
        assert [file for file in found if found[file]["status"] == "failed"] == ["bad.dng"]
    profiles = [(tmp_path / name / "profiles.json").read_bytes() for name in ("alone", "spread")]
    assert profiles[0] == profiles[1]


def ends_worker(folder: Path, once: bool, items: Sequence[int]) -> list[int]:
    """The squares; 3 ends its worker, `once` or each time."""
    if 3 in items and not (once and (folder / "ended").exists()):
        (folder / "ended").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [item**2 for item in items]


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    work = partial(__import__(Path(__file__).stem).ends_worker, tmp_path, True)
    with connected(address) as found:
        assert dict(found.results(work, range(40))) == {item: item**2 for item in range(40)}
    assert (tmp_path / "ended").exists()


@pytest.mark.slow
def test_an_item_that_no_worker_lives_through_fails_alone(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    work = partial(__import__(Path(__file__).stem).ends_worker, tmp_path, False)
    with connected(address) as found:
        results = dict(found.results(work, range(16)))
    assert isinstance(results.pop(3), Refused)
    assert results == {item: item**2 for item in range(16) if item != 3}


@pytest.mark.parametrize(
    "words", ["", "node", "node:", "node:port", "a b:1", "http://node:1/x", "node:99999999", *NO_ADDRESSES]
)
def test_what_is_no_address_is_said(words: str) -> None:
    with pytest.raises(RclError, match="HOST:PORT"), connected(words):
        pass


@pytest.mark.parametrize("words", ["", *NO_ADDRESSES])
@pytest.mark.parametrize(
    "verb", [("apply", "--task", "denoise", "--dry-run"), ("apply", "--task", "denoise"), ("calibrate",)]
)
def test_what_is_no_address_is_said_before_anything_is_done(verb: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, [*verb, str(tmp_path), "--dask", words])
    assert result.exit_code == 2
    (said,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert said.endswith(f"a dask scheduler is named as HOST:PORT, such as node1:8786, not {words!r}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["127.0.0.1:1", "tcp://[::1]:1", "nowhere.invalid:8786"])
def test_a_dry_run_asks_no_cluster(words: str, raws: Path, tmp_path: Path) -> None:
    made = (*DRY, raws, "-o", tmp_path / "out", "--device", "cpu")
    without, planned = (CliRunner().invoke(cli, [*map(str, made), *more]) for more in ((), ("--dask", words)))
    assert (planned.exit_code, planned.stdout) == (without.exit_code, without.stdout)
    assert "Dry run: " in planned.stderr
    assert f"The scheduler {words} is not asked in a dry run." in planned.stderr


@DISTRIBUTED
def test_a_scheduler_that_is_not_there_is_soon_given_up(raws: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    for words in (("apply", "--task", "denoise", raws, "-o", tmp_path / "out"), ("calibrate", raws)):
        result = CliRunner().invoke(cli, [*map(str, words), "--dask", f"127.0.0.1:{port}"])
        assert result.exit_code == 2
        assert f"Error: the dask scheduler '127.0.0.1:{port}' cannot be reached" in result.stderr
    assert time.monotonic() - began < 30


@DISTRIBUTED
def test_what_dask_says_by_itself_is_not_said() -> None:
    with pytest.raises(RclError, match="cannot be reached"), connected("127.0.0.1:1"):
        pass
    talkers = [name for name in logging.root.manager.loggerDict if name.startswith(("distributed.", "tornado."))]
    assert "distributed.client" in talkers
    assert [name for name in talkers if logging.getLogger(name).isEnabledFor(logging.ERROR)] == []


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RclError, match=r"pip install 'rcl-cli\[dask\]'"), connected("node:1"):
        pass


def test_items_are_divided_so_that_all_workers_end_together() -> None:
    assert [len(batch) for batch in cluster._divided(range(3), 2)] == [1, 1, 1]
    assert {len(batch) for batch in cluster._divided(range(10_000), 8)} == {16}
    assert sum(map(len, cluster._divided(range(70), 4))) == 70
