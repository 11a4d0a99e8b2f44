"""Whose a temporary file is, and which ones the next run removes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rcl_cli.disk.process import Process
from rcl_cli.disk.temporary import new_temporary, sweep
from rcl_cli.disk.write import write_bytes

WRITER = """
import sys, time
from pathlib import Path
from rcl_cli.disk.write import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    print(temporary.name, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the midst of writing `result.dng`."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "result.dng")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().endswith(".dng\n")
    with process:
        yield process
        process.kill()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else(
    writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / ".mine").write_text("hidden")
    (left,) = names(tmp_path) - {".mine"}
    (tmp_path / f"{left}_exiftool_tmp").write_text("exiftool's")
    write_bytes(tmp_path / "a", b"")
    assert left in names(tmp_path)  # its writer lives
    writer.kill()  # nobody asks after it yet: it is a zombie
    time.sleep(0.2)
    (other := tmp_path / "other").mkdir()
    for name in (left, f"{left}_exiftool_tmp", ".mine"):
        (tmp_path / name).rename(other / name)
    write_bytes(other / "b", b"")
    assert names(other) == {"b", ".mine"}


def test_another_machines_are_left_alone_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Process.this()
    for name in ("fresh", "old"):
        monkeypatch.setattr(Process, "this", lambda: replace(mine, host="0" * 8))
        path = new_temporary(tmp_path, f".{name}")
        if name == "old":
            os.utime(path, (0, time.time() - 25 * 3600))
    monkeypatch.undo()
    sweep(tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".fresh"]


def test_a_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    mine = Process.this()
    assert mine.ended() is False
    if mine.started:
        assert replace(mine, started=mine.started - 1).ended()
    assert replace(mine, host="0" * 8).ended() is None


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_asked_to_end_leaves_no_temporary_file(tmp_path: Path, number: signal.Signals) -> None:
    program = WRITER.replace("with atomic", "from rcl_cli.train.interrupt import unwinding\nwith unwinding(), atomic")
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a.dng")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert names(tmp_path) == set()


@pytest.mark.slow
def test_a_run_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    """nohup has SIGHUP ignored."""
    program = (
        "import signal, os\nfrom rcl_cli.train.interrupt import stop_on_interrupt, unwinding\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with unwinding(), stop_on_interrupt() as stopped:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n    assert not stopped()\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=20).returncode == 0
