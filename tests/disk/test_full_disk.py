"""Disks that are full, read-only or broken, by injected errors everywhere and on a real one where root may mount it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.disk.words import NoRoomError
from rcl_cli.disk.write import atomic_path, try_folder, write_bytes
from rcl_cli.errors import FileError
from rcl_cli.raw.tags.copy import copy_metadata
from rcl_cli.raw.tags.exiftool import Answer

SIZE = 4 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("way", ["bytes", "copy", "numpy", "numpy file"])
def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(small: Path, tmp_path: Path, way: str) -> None:
    """NumPy says "6144 requested and 4833 written" and no error's number."""
    target = small / "result.bin"
    write_bytes(target, b"old")
    data = np.zeros(SIZE, np.uint8)

    def write() -> None:
        with atomic_path(target, overwrite=True) as temporary:
            if way == "bytes":
                temporary.write_bytes(data.tobytes())
            elif way == "copy":
                (tmp_path / "large").write_bytes(data.tobytes())
                shutil.copyfile(tmp_path / "large", temporary)
            elif way == "numpy":
                data.tofile(temporary)
            else:
                with temporary.open("wb") as file:
                    data.tofile(file)

    with pytest.raises(FileError) as caught:
        write()
    assert str(caught.value).startswith(f"{target}: cannot be written whole, because the disk is full; make room")
    assert isinstance(caught.value, NoRoomError)
    assert [path.name for path in small.iterdir()] == ["result.bin"]
    assert target.read_bytes() == b"old"


def test_a_disk_with_too_little_room_is_found_before_the_work(small: Path) -> None:
    try_folder(small / "run", room=1 << 20)
    with pytest.raises(FileError, match="has too little room: 8 MB are needed there and 4 MB are free"):
        try_folder(small / "run", room=8_000_000)
    assert not (small / "run").exists()


def test_a_read_only_disk(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    for write in (lambda: write_bytes(small / "deep" / "a", b""), lambda: try_folder(small / "run")):
        with pytest.raises(FileError, match="the disk is read-only; choose another folder"):
            write()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; make room"),
        (errno.EDQUOT, "your quota on this disk is used up"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "the system forbids it"),
        (errno.EIO, "check the disk"),
        (errno.ENOENT, "its folder is gone"),
        (errno.EXDEV, os.strerror(errno.EXDEV)),
    ],
)
def test_each_error_is_a_sentence_with_the_targets_path(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(FileError, match=words) as caught, atomic_path(tmp_path / "a.dng") as temporary:
        raise OSError(number, os.strerror(number), str(temporary))
    assert caught.value.path == tmp_path / "a.dng"
    assert isinstance(caught.value, NoRoomError) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("above", ["one", "one/two", "one/two/three"])
def test_a_folder_far_above_that_cannot_be_made_is_said(
    above: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, refused = os.mkdir, str(tmp_path / above)

    def mkdir(path: str | Path, mode: int = 0o777) -> None:
        if str(path) == refused:
            raise PermissionError(errno.EACCES, "Permission denied", refused)
        make(path, mode)

    monkeypatch.setattr(os, "mkdir", mkdir)
    target = tmp_path / "one" / "two" / "three" / "a.json"
    with pytest.raises(FileError, match=r"a\.json: cannot be written \(permission denied\)"):
        write_bytes(target, b"new")
    with pytest.raises(FileError, match=r"three: cannot be written \(permission denied\)"):
        try_folder(target.parent)


def test_a_folder_that_goes_meanwhile_is_said(tmp_path: Path) -> None:
    def write() -> None:
        with atomic_path(tmp_path / "folder" / "a") as temporary:
            temporary.unlink()
            temporary.parent.rmdir()
            temporary.write_bytes(b"")

    with pytest.raises(FileError, match="its folder is gone; make it again"):
        write()


def test_what_cannot_be_read_meanwhile_is_no_fault_of_the_target(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a"):
        (tmp_path / "source").read_bytes()


def test_a_reason_that_names_the_temporary_file_names_the_target(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught, atomic_path(tmp_path / "a") as temporary:
        raise FileError(temporary, "is too large")
    assert str(caught.value) == f"{tmp_path / 'a'}: is too large"


def test_a_disk_without_room_for_the_metadata_leaves_no_result_without_it(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rcl_cli.raw.tags.copy.ask_exiftool", lambda _: Answer(False, "Error writing output file"))
    (tmp_path / "source.jpg").write_bytes(b"anything")
    write_bytes(small / "a.jpg", b"a" * (SIZE // 4))
    assert not copy_metadata(tmp_path / "source.jpg", small / "a.jpg")
    write_bytes(small / "b.jpg", b"b" * (SIZE * 5 // 8))
    with pytest.raises(OSError, match="No space left"):
        copy_metadata(tmp_path / "source.jpg", small / "b.jpg")


@pytest.mark.slow
def test_a_batch_ends_where_its_disk_is_full(small: Path, tmp_path: Path, store: Path) -> None:
    """Results of 1.1 MB, of which three fit."""
    (tmp_path / "in").mkdir()
    noise = np.random.default_rng(0).normal(120, 20, (300, 300, 3)).clip(0, 255).astype(np.uint8)
    for name in "abcdefg":
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), noise)
    given = ["apply", "--task", "denoise", str(tmp_path / "in"), "-o", str(small / "out"), "--format", "npy", "--json"]
    given += ["--report", str(tmp_path / "page.html")]
    result = CliRunner().invoke(cli, given)
    assert result.exit_code == 1, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["done"] * 3 + ["failed"] * 4
    assert "the disk is full" in lines[3]["reason"]
    assert all(f"there is no room left in {small / 'out'}; make room" in line["reason"] for line in lines[5:])
    assert f"There is no room left in {small / 'out'}: 3 results were written, " in result.stderr
    assert "the same command again" in result.stderr
    assert all(f"{name}.png" in (tmp_path / "page.html").read_text() for name in "defg")
    assert sorted(path.name for path in (small / "out").glob("*.npy")) == ["a.npy", "b.npy", "c.npy"]
    assert not list((small / "out").glob(".rcl-*"))
