"""Locks: one holder at a time, named; those of crashed holders are none; file systems without locks."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rcl_cli.disk import locks
from rcl_cli.disk.locks import Held, locked
from rcl_cli.disk.process import Process
from rcl_cli.errors import FileError

HOLDER = """
import sys, time
from pathlib import Path
from rcl_cli.disk import locks
if sys.argv[2] == "no locks":
    import errno, fcntl
    def flock(*_): raise OSError(errno.ENOLCK, "No locks available")
    fcntl.flock = flock
with locks.locked(Path(sys.argv[1]), Path(sys.argv[1]).parent):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["locks", "no locks"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file system with locks, and one without."""
    if request.param == "no locks":

        def flock(handle: int, how: int) -> None:
            raise OSError(37, "No locks available")

        monkeypatch.setattr(fcntl, "flock", flock)
    return str(request.param)


@contextmanager
def holding(path: Path, disk: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), disk], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


@pytest.mark.slow
def test_who_holds_it_is_said_and_a_killed_holder_holds_nothing(disk: str, tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with holding(path, disk) as other:
        with (
            pytest.raises(Held, match=rf"is in use by process {other.pid} on .* \(rcl .*wait until"),
            locked(path, tmp_path),
        ):
            pass
        other.kill()
        other.wait()
        with locked(path, tmp_path):
            assert any(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_one_that_waits_says_so_and_gets_it(disk: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / ".lock"
    with holding(path, disk) as other, caplog.at_level(logging.WARNING):
        threading.Timer(1.6, other.kill).start()
        with locked(path, tmp_path / "profiles.json", wait=True):
            pass
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith(f"waiting for process {other.pid} on ")
    assert message.endswith(f"which holds {tmp_path / 'profiles.json'}")


@pytest.mark.slow
def test_many_at_once_are_one_after_another(disk: str, tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with locked(tmp_path / ".lock", tmp_path, wait=True):
                inside += 1
                most = max(most, inside)
                time.sleep(0.002)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("silent_s", "held"), [(60, True), (600, False)])
def test_another_machines_claim_counts_while_it_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_s: int, held: bool
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(37, "No locks available")))
    there = replace(Process.this(), host="0" * 8)
    claim = tmp_path / ".locked"
    claim.write_text(json.dumps({**asdict(there), "node": "elsewhere", "command": "rcl pretrain"}))
    os.utime(claim, (0, time.time() - silent_s))
    if held:
        with pytest.raises(Held, match="on elsewhere"), locked(tmp_path / ".lock", tmp_path):
            pass
    else:
        with locked(tmp_path / ".lock", tmp_path):
            pass


def test_a_claim_is_touched_while_it_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(37, "No locks available")))
    monkeypatch.setattr(locks, "_BEAT_S", 0.01)
    with locked(tmp_path / ".lock", tmp_path):
        os.utime(tmp_path / ".locked", (0, 0))
        time.sleep(0.2)
        assert (tmp_path / ".locked").stat().st_mtime > 0


def test_a_file_of_nonsense_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_bytes(b"\xff[]")
    with locked(tmp_path / ".lock", tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_a_full_disk_is_said_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, content: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(FileError, match="the disk is full"), locked(tmp_path / ".lock", tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_where_none_can_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FileError, match="what should be its folder is a file"),
        locked(tmp_path / "file" / ".lock", tmp_path),
    ):
        pass
