"""Which files a user's paths name."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.folder import find_files, search, twice
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


PNG = cv2.imencode(".png", np.full((4, 4, 3), 128, np.uint8))[1].tobytes()
links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights that few have there")


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)


def names(folder: Path) -> list[str]:
    return [file.relative.as_posix() for file in search([folder]).files]


def test_what_systems_and_programs_leave_beside_pictures_is_no_picture(tmp_path: Path) -> None:
    """Much of it is a picture by its content."""
    junk = """._a.png .DS_Store Thumbs.db desktop.ini MVI_1.THM a.thm a.xmp a.png.xmp a.pp3 cat.lrcat a.dop a.CoT
        @eaDir/a.png/SYNOPHOTO_THUMB_XL.jpg $RECYCLE.BIN/a.png #recycle/a.png __MACOSX/._a.png
        __MACOSX/a.png Smart_Previews.lrdata/1/a.dng .@__thumb/a.png .Trash/a.png"""
    fill(tmp_path, "a.png", "day/b.PNG", "day/c", *junk.split())
    assert names(tmp_path) == ["a.png", "day/b.PNG", "day/c"]
    found, errors = find_files([tmp_path / "a.thm"])
    assert [file.path.name for file in found] == ["a.thm"]
    assert not errors


def test_the_attributes_that_macos_keeps_are_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "._a.dng").write_bytes(bytes.fromhex("0005160700020000") + b"Mac OS X" + bytes(100))
    with pytest.raises(FileError, match="macOS"):
        read_frame(tmp_path / "._a.dng")


@links
def test_linked_folders_are_walked_once_and_loops_end(tmp_path: Path) -> None:
    """Links back up would bring in what the user did not name."""
    fill(tmp_path, "root/day/a.png", "elsewhere/sub/b.png", "elsewhere/c.png", "private/d.png")
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for link, target in {
        root / "a_sub": elsewhere / "sub",
        root / "linked": elsewhere,
        root / "again": elsewhere,
        root / "self": Path("self"),
        root / "up": tmp_path,
        root / "day" / "back": root,
        elsewhere / "home": root,
        elsewhere / "sub" / "above": elsewhere,
        root / "one": Path("two"),
        root / "two": Path("one"),
    }.items():
        link.symlink_to(target)
    assert names(root) == ["a_sub/b.png", "again/c.png", "day/a.png"]


@links
def test_links_to_files_are_files_and_those_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    fill(tmp_path, "in/z.png", "other.png")
    (tmp_path / "in" / "a.png").symlink_to("z.png")
    (tmp_path / "in" / "b.png").symlink_to(tmp_path / "other.png")
    (tmp_path / "in" / "gone.dng").symlink_to("nowhere.dng")
    (tmp_path / "in" / "loop.dng").symlink_to("loop.dng")
    (tmp_path / "in" / "gone.txt").symlink_to("nowhere.txt")
    assert names(tmp_path / "in") == ["b.png", "gone.dng", "loop.dng", "z.png"]
    for name in ("gone.dng", "loop.dng"):
        with pytest.raises(FileError, match=f"{name}: is a link that leads nowhere"):
            read_frame(tmp_path / "in" / name)
    assert [file.path.name for file in search([tmp_path / "in" / "loop.dng"]).files] == ["loop.dng"]


@links
def test_a_file_and_links_to_it_are_one_however_they_are_named(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.png", "in/sub/c.png")
    file = tmp_path / "in" / "a.png"
    near, far = tmp_path / "in" / "z.png", tmp_path / "in" / "sub" / "b.png"
    for link in (near, far):
        link.symlink_to(file)
    (tmp_path / "other").symlink_to("in")
    (tmp_path / "in" / "hard.png").hardlink_to(file)
    assert names(tmp_path / "in") == ["a.png", "hard.png", "sub/c.png"]
    several = search([tmp_path / "in", tmp_path / "other", near]).files
    assert [found.path.name for found in several] == ["a.png", "hard.png", "c.png"]
    for given in ([near, far], [far, near], [near, far, near]):
        (one,) = search(given).files
        assert one.path == given[0]
    for given in ([tmp_path / "in" / "sub", tmp_path / "in"], [tmp_path / "in", tmp_path / "in" / "sub"]):
        assert sorted(found.path.name for found in search(given).files) == ["a.png", "c.png", "hard.png"]
    assert {found.path.name for found in search([tmp_path / "in"], links=True).files} == {
        *("a.png", "z.png", "b.png", "c.png", "hard.png"),
    }


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no such sockets here")
def test_sockets_and_links_to_devices_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.bind("s.dng")
    (tmp_path / "null.dng").symlink_to("/dev/null")
    (tmp_path / "zero").symlink_to("/dev/zero")
    fill(tmp_path, "a.png")
    assert names(tmp_path) == ["a.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_in_any_bytes_are_found_and_read(tmp_path: Path) -> None:
    odd = [
        b"caf\xe9.png",
        b"20%d.png",
        b"-o.png",
        b"@a.png",
        b" a\nb.png",
        "\u202egnp.png".encode(),
        b"x" * 251 + b".png",
    ]
    fill(tmp_path, *map(os.fsdecode, odd))
    found = search([tmp_path]).files
    assert {os.fsencode(file.path.name) for file in found} == set(odd)
    for file in found:
        assert read_frame(file.path).size == (4, 4)


def test_a_file_that_is_named_is_meant_even_where_its_folder_is_walked_too(folder: Path) -> None:
    for paths in ([folder, folder / "a.png"], [folder / "a.png", folder]):
        assert {file.path.name: file.named for file in search(paths).files}["a.png"]
    assert not any(file.named for file in search([folder]).files)


def test_a_folder_that_goes_while_it_is_walked_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a/1.png", "b/2.png", "c/3.png")
    scan = os.scandir

    def vanishing(path: str) -> object:
        if Path(path).name == "b":
            raise FileNotFoundError(2, "No such file or directory", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    found, errors = find_files([tmp_path])
    assert [file.path.name for file in found] == ["1.png", "3.png"]
    reason = "cannot be listed (No such file or directory)"
    assert [(error.path.name, error.reason) for error in errors] == [("b", reason)]


def test_a_folder_that_may_be_listed_but_not_entered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "locked/a.png", "b.png")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked")
    found, errors = find_files([tmp_path])
    assert [file.path.name for file in found] == ["b.png"]
    assert [error.path.name for error in errors] == ["locked"]


def test_shots_that_are_there_as_raw_and_picture_are_told(tmp_path: Path) -> None:
    fill(tmp_path, "a.JPG", "b.png", "c.jpg", "day/a.jpg", "d.jpg", "d.png")
    for name in ("a.RAF", "c.raf", "e.raf"):
        (tmp_path / name).write_bytes(b"FUJIFILM" + bytes(24))
    raws, pictures = twice(search([tmp_path, tmp_path / "c.jpg"]).files)
    assert {path.name for path in raws} == {"a.RAF"}
    assert {path.relative_to(tmp_path).as_posix() for path in pictures} == {"a.JPG"}
