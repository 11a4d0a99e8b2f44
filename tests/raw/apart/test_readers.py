"""Files that hang, crash or fill whoever reads them cost themselves, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rcl_cli.errors import FileError, RclError, UnforeseenError
from rcl_cli.raw.apart.pool import apart, close_readers
from rcl_cli.raw.apart.reader import Reader
from rcl_cli.raw.frame import RawFrame

FAKES = Path(__file__).parent


@pytest.fixture(scope="module", autouse=True)
def fakes() -> Iterator[None]:
    sys.path.append(str(FAKES))
    yield
    sys.path.remove(str(FAKES))
    close_readers()


def read(path: Path, does: str) -> Any:
    return apart("read_fake", path, module="fakes", does=does)


@pytest.mark.slow
@pytest.mark.parametrize("does", ["hang", "sleep in a library"])
def test_what_hangs_is_ended_and_says_so(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, "nothing")  # so that starting the reader does not count
    monkeypatch.setenv("RCL_READ_SECONDS", "0.5")
    start = time.perf_counter()
    with pytest.raises(FileError, match=r"takes longer than 0.5 seconds .*RCL_READ_SECONDS") as told:
        read(tmp_path / "a.nef", does)
    assert time.perf_counter() - start < 5
    assert told.value.path == tmp_path / "a.nef"
    monkeypatch.delenv("RCL_READ_SECONDS")
    assert isinstance(read(tmp_path / "b.nef", "nothing"), RawFrame)


@pytest.mark.slow
@pytest.mark.parametrize("does", ["crash", "follow a null pointer", "abort", "leave"])
def test_a_crash_costs_one_file(does: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="makes the library that reads it crash"):
        read(tmp_path / "a.nef", does)
    assert read(tmp_path / "b.nef", "nothing").metadata.make == "b.nef"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no limit")
def test_memory_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCL_READ_MEMORY", "0.25")
    with pytest.raises(FileError, match=r"more than 0.25 GiB of memory .*RCL_READ_MEMORY"):
        read(tmp_path, "eat memory")
    assert isinstance(read(tmp_path, "nothing"), RawFrame)


def test_warnings_arrive_and_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(read(Path("a.nef"), "warn"), RawFrame)
    assert [message[:8] for message in caplog.messages[:2]] == ["a.nef: 0", "a.nef: 1"]
    assert len(caplog.messages) == 20
    assert max(map(len, caplog.messages)) < 2001
    caplog.clear()
    read(Path("b.nef"), "nothing")
    assert not caplog.messages


def test_errors_arrive_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.nef"
    with pytest.raises(FileError, match="is damaged") as told:
        read(path, "damaged")
    assert (told.value.path, type(told.value)) == (path, FileError)
    with pytest.raises(FileError) as told:
        read(path, "of another file")
    assert told.value.path == tmp_path / "other.xmp"
    with pytest.raises(FileError, match=r"cannot be read \(Permission denied\)"):
        read(path, "no permission")
    for does, words in (("divide by zero", "unexpected ZeroDivisionError"), ("sys.exit", "unexpected SystemExit")):
        with pytest.raises(UnforeseenError, match=words) as unforeseen:
            read(path, does)
        assert "read_fake" in unforeseen.value.trace


def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    frame = read(tmp_path / "a.nef", "print")
    np.testing.assert_array_equal(frame.mosaic, np.arange(24).reshape(4, 6))
    assert frame.mosaic.flags.writeable


def test_a_relative_path_is_blamed_as_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as told:
        read(Path("a.nef"), "damaged")
    assert told.value.path == Path("a.nef")


def test_one_reader_serves_many_files_and_each_thread_has_its_own(tmp_path: Path) -> None:
    one = {read(tmp_path, "nothing").metadata.iso for _ in range(5)}
    assert len(one) == 1
    together = threading.Barrier(2)

    def two(_: int) -> float:
        together.wait(10)
        iso: float = read(tmp_path, "nothing").metadata.iso
        return iso

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(two, range(2))) >= one


def test_limits_that_are_no_numbers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("x", "0", "-1", "nan", "inf"):
        monkeypatch.setenv("RCL_READ_SECONDS", value)
        with pytest.raises(RclError, match="RCL_READ_SECONDS must be a number above 0"):
            read(tmp_path, "nothing")


def test_without_processes_files_are_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_readers()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    assert read(tmp_path, "nothing").metadata.iso == os.getpid()


@pytest.mark.slow
def test_a_reader_that_cannot_start_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_readers()
    monkeypatch.setattr("rcl_cli.raw.apart.reader._PROGRAM", "raise SystemExit(3)")
    assert read(tmp_path, "nothing").metadata.iso == os.getpid()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_no_reader_outlives_its_program() -> None:
    program = (
        "import os, sys, signal; from pathlib import Path; from rcl_cli.raw.apart.pool import apart;"
        f"sys.path.append({str(FAKES)!r});"
        "print(int(apart('read_fake', Path('a'), module='fakes', does='').metadata.iso), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    reader = int(ended.stdout)
    for _ in range(100):
        try:
            os.kill(reader, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the reader still lives")


def test_an_interrupt_ends_the_reader_that_was_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read(tmp_path, "nothing")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rcl_cli.raw.apart.reader.json.loads", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read(tmp_path, "nothing")
    monkeypatch.undo()
    assert read(tmp_path, "nothing").metadata.make == tmp_path.name


def test_closing_twice_does_no_harm() -> None:
    reader = Reader()
    reader.close()
    reader.close()
    assert not reader.alive
