from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rcl_cli.disk.words import NoRoomError
from rcl_cli.errors import FileError
from rcl_cli.inference import claims, room
from rcl_cli.inference.claims import Claims
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.room import Room, UndoneError


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder is one."""
    monkeypatch.setattr(room, "_disk", lambda folder: hash(folder))


def job(name: str) -> Job:
    return Job(Path("in") / name, Path("out") / name)


def test_what_goes_to_a_full_disk_is_left_undone_and_all_else_is_not(disks: None) -> None:
    known = Room()
    with pytest.raises(FileError), known.watched(job("far/a")):
        raise FileError(Path("out/far/a"), "is too large")
    known.require(job("far/b"))
    with pytest.raises(NoRoomError), known.watched(job("full/a")):
        raise NoRoomError(Path("out/full/a"), "the disk is full")
    with pytest.raises(UndoneError, match=r"^in/full/b: was left undone: there is no room left in out/full; make room"):
        known.require(job("full/b"))
    known.require(job("far/b"))


def test_folders_of_one_disk_are_full_together(tmp_path: Path) -> None:
    known = Room()
    jobs = [Job(tmp_path / "in", tmp_path / folder / "new" / "a") for folder in "ab"]
    with pytest.raises(NoRoomError), known.watched(jobs[0]):
        raise NoRoomError(jobs[0].target, "the disk is full")
    with pytest.raises(UndoneError) as caught:
        known.require(jobs[1])
    assert caught.value.folder == tmp_path / "a" / "new"


def test_a_result_that_cannot_even_be_claimed_is_tried_once(
    tmp_path: Path, disks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    @contextmanager
    def full(path: Path, what: Path) -> Iterator[None]:
        tried.append(what.name)
        if what.parent.name == "full":
            raise NoRoomError(what, "the disk is full")
        yield

    monkeypatch.setattr(claims, "locked", full)
    jobs = [
        Job(tmp_path / name, tmp_path / folder / name) for folder, name in [("full", "a"), ("full", "b"), ("", "c")]
    ]
    mine = Claims(lambda job: "", Room())
    assert list(mine.divided(jobs)) == jobs[2:]
    assert tried == ["a", "c"]
    assert [(left.source.name, type(why)) for left, why in mine.left] == [("a", NoRoomError), ("b", UndoneError)]
    mine.close()
