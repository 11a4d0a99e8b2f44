"""One exiftool for many files: asked, restarted, ended, and never left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.raw.tags import exiftool
from rcl_cli.raw.tags.copy import copy_metadata
from rcl_cli.raw.tags.exiftool import ask_exiftool, close_exiftool, start_exiftool

from ...needs import EXIFTOOL

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stands in for exiftool by a shell script"),
    EXIFTOOL,
]
TRUE_EXIFTOOL = shutil.which("exiftool") or ""


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    close_exiftool()
    yield
    close_exiftool()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script before the true exiftool, which writes a line to `starts` each time; `before` runs first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "exiftool"
    script.write_text(f'#!/bin/sh\necho $$ >> "{tmp_path}/starts"\n. "{tmp_path}/before"\nexec {TRUE_EXIFTOOL} "$@"\n')
    script.chmod(0o755)
    (tmp_path / "before").write_text("")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def starts(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "starts").read_text().split()]


def picture(path: Path, artist: str = "") -> Path:
    path.write_bytes(cv2.imencode(".jpg", np.full((8, 8, 3), 99, np.uint8))[1].tobytes())
    if artist:
        subprocess.run([TRUE_EXIFTOOL, "-q", "-overwrite_original", f"-EXIF:Artist={artist}", str(path)], check=True)
    return path


def artist(path: Path) -> str:
    told = subprocess.run([TRUE_EXIFTOOL, "-s3", "-Artist", str(path)], capture_output=True, check=True)
    return told.stdout.decode().strip()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().split(")")[-1].split()[0] != "Z"


def test_it_is_started_once_and_ends_when_closed(stand_in: Path, tmp_path: Path) -> None:
    source = picture(tmp_path / "source.jpg", "Ann")
    for number in range(4):
        target = picture(tmp_path / f"{number}.jpg")
        assert copy_metadata(source, target)
        assert artist(target) == "Ann"
    (process,) = starts(stand_in)
    assert alive(process)
    close_exiftool()
    assert not alive(process)


@pytest.mark.parametrize(
    "name",
    ["20%done.jpg", "%d%f%e.jpg", "-all=.jpg", "@.jpg", "#[CSTR]a.jpg", " a .jpg", "a$HOME@b.jpg", "a\nb$x@.jpg", "\r"],
)
def test_any_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative names would be options, comments and codes to it."""
    folder = tmp_path / "100%d"
    folder.mkdir()
    monkeypatch.chdir(folder)
    shutil.copyfile(picture(tmp_path / "source.jpg", "Ann"), folder / name)
    target = picture(tmp_path / "target.jpg")
    assert copy_metadata(Path(name), target)
    assert artist(target) == "Ann"


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_in_any_bytes(tmp_path: Path) -> None:
    source = tmp_path / "caf\udce9.jpg"
    shutil.copyfile(picture(tmp_path / "source.jpg", "Ann"), source)
    assert copy_metadata(source, target := picture(tmp_path / "target.jpg"))
    assert artist(target) == "Ann"


def test_an_error_is_told_and_the_next_file_is_done(
    stand_in: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = picture(tmp_path / "source.jpg", "Ann")
    (tmp_path / "target.jpg").write_bytes(b"no picture")
    assert not copy_metadata(source, tmp_path / "target.jpg")
    assert "could not copy" in caplog.text
    assert copy_metadata(source, picture(tmp_path / "next.jpg"))
    assert len(starts(stand_in)) == 1


def test_it_is_restarted_where_it_has_died(stand_in: Path, tmp_path: Path) -> None:
    source, target = picture(tmp_path / "source.jpg", "Ann"), picture(tmp_path / "target.jpg")
    assert ask_exiftool(["-ver"])
    os.kill(starts(stand_in)[0], signal.SIGKILL)
    assert copy_metadata(source, target)
    assert artist(target) == "Ann"
    assert len(starts(stand_in)) == 2


@pytest.mark.parametrize("fault", ["exit 3", "exec sleep 60"])
def test_one_that_never_works_costs_a_warning_and_no_time(
    stand_in: Path, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exiftool, "_PATIENCE_S", 0.5)
    (stand_in / "before").write_text(fault)
    begun = time.monotonic()
    assert not copy_metadata(picture(tmp_path / "a.jpg"), picture(tmp_path / "b.jpg"))
    assert time.monotonic() - begun < 10
    assert "could not copy its metadata (it has s" in caplog.text
    assert not any(map(alive, starts(stand_in)))


PROGRAM = """
import time
from rcl_cli.raw.tags.exiftool import ask_exiftool
print(ask_exiftool(["-ver"]).done, flush=True)
time.sleep(60)
"""


def test_it_does_not_outlive_a_program_that_is_killed(stand_in: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"True\n"
        program.kill()
    (process,) = starts(stand_in)
    deadline = time.monotonic() + 10
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process)


def test_without_it_there_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_exiftool(["-ver"]) is None


def test_it_may_be_started_before_it_is_asked(stand_in: Path, tmp_path: Path) -> None:
    start_exiftool()
    assert copy_metadata(picture(tmp_path / "source.jpg", "Ann"), picture(tmp_path / "target.jpg"))
    assert len(starts(stand_in)) == 1


def test_without_it_none_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    start_exiftool()
    assert ask_exiftool(["-ver"]) is None
