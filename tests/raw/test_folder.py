"""Which files a user's paths name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.folder import find_files, search
from rcl_cli.raw.read import read_frame


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    picture = cv2.imencode(".png", np.full((4, 4, 3), 128, np.uint8))[1].tobytes()
    for name in ("b.png", "a.png", "sub/c.PNG", "sub/without_suffix", ".hidden.png", ".cache/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "empty.bin").touch()
    (tmp_path / "broken.cr2").write_text("not a raw either, but called one")
    return tmp_path


def test_folders_are_walked_sorted_and_without_what_is_no_picture(folder: Path) -> None:
    found, errors = find_files([folder])
    assert [str(file.relative) for file in found] == [
        "a.png",
        "b.png",
        "broken.cr2",
        str(Path("sub/c.PNG")),
        str(Path("sub/without_suffix")),
    ]
    assert [file.path for file in found] == [folder / file.relative for file in found]
    assert not errors


def test_a_file_named_itself_is_always_taken(folder: Path) -> None:
    found, errors = find_files([folder / "notes.txt", folder / ".hidden.png"])
    assert {str(file.relative) for file in found} == {"notes.txt", ".hidden.png"}
    assert not errors


def test_each_file_comes_once(folder: Path) -> None:
    found, _ = find_files([folder / "sub", folder, folder / "a.png"])
    assert len(found) == 5


def test_missing_paths_and_folders_without_pictures_are_told(folder: Path) -> None:
    (folder / "nothing").mkdir()
    found, errors = find_files([folder / "nothing", folder / "gone", folder / "a.png"])
    assert [file.path.name for file in found] == ["a.png"]
    assert [(error.path.name, error.reason.split(";")[0]) for error in errors] == [
        ("nothing", "holds no raws or pictures"),
        ("gone", "does not exist"),
    ]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_told(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        found, errors = find_files([folder])
    finally:
        (folder / "sub").chmod(0o755)
    assert len(found) == 3
    assert [error.path.name for error in errors] == ["sub"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_never_opened(folder: Path) -> None:
    """Nobody writes to it, so that opening it would wait for ever."""
    os.mkfifo(folder / "pipe.dng")
    assert folder / "pipe.dng" not in [file.path for file in search([folder]).files]
    with pytest.raises(FileError, match="pipe"):
        read_frame(folder / "pipe.dng")
