"""Workers: one thread each, and no longer than their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rcl_benchmark.engine.workers import processes
from rcl_cli.errors import RclError

PARENT = """
import sys, time
from rcl_benchmark.engine.workers import processes

def work(path):
    open(path, "w").write(str(__import__("os").getpid()))
    time.sleep(60)

if __name__ == "__main__":
    with processes(1) as pool:
        pool.submit(work, sys.argv[1]).result()
"""


@pytest.fixture
def parent(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A process whose worker has begun to sleep for a minute, and has left its number in the file `worker`."""
    (tmp_path / "parent.py").write_text(PARENT)
    arguments = [sys.executable, str(tmp_path / "parent.py"), str(tmp_path / "worker")]
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "worker").is_file() and bool((tmp_path / "worker").read_text()))
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(parent: subprocess.Popen[bytes], number: int, tmp_path: Path) -> None:
    worker = int((tmp_path / "worker").read_text())
    parent.send_signal(number)
    assert parent.wait(20) != 0
    wait_until(lambda: not alive(worker))


def test_workers_compute_with_one_thread() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    with processes(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_a_worker_that_dies_is_named() -> None:
    with pytest.raises(RclError, match="fewer --workers"), processes(1) as pool:
        pool.submit(os._exit, 1).result()


def wait_until(true: object) -> None:
    for _ in range(400):
        if true():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("not in 20 seconds")


def alive(process: int) -> bool:
    try:
        if Path("/proc").is_dir():
            return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
        os.kill(process, 0)
    except OSError:
        return False
    return True
