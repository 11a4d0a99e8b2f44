"""What belongs together of two paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from rcl_cli.errors import FileError, RclError
from rcl_cli.report.two_paths import match_two

from .pictures import picture


def pairs(before: Path, after: Path) -> set[tuple[str, str]]:
    found = match_two(before, after)
    assert not found.left
    return {(str(one.before), str(one.after)) for one in found.found}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two files, two sets of results in folders below as `rcl apply` leaves them, and others."""
    monkeypatch.chdir(tmp_path)
    folder = Path("in")
    for seed, name in enumerate(("a.png", "b.png")):
        picture(folder / name, seed)
        picture(folder / "denoise" / name, seed + 10, folder / name)
        picture(folder / "half" / name, seed + 20, folder / name)
        picture(Path("other") / name, seed + 30)
    return folder


def test_two_files_are_a_pair_whatever_they_are(folder: Path) -> None:
    files = [folder / "a.png", folder / "denoise/a.png", folder / "half/a.png", Path("other/b.png")]
    for before in files:
        for after in files:
            if before != after:
                assert pairs(before, after) == {(str(before), str(after))}


def test_two_folders_of_results(folder: Path) -> None:
    assert pairs(folder / "denoise", folder / "half") == {
        ("in/denoise/a.png", "in/half/a.png"), ("in/denoise/b.png", "in/half/b.png"),
    }  # fmt: skip


def test_pictures_and_one_of_the_folders_of_results_among_them(folder: Path) -> None:
    assert pairs(folder, folder / "half") == {("in/a.png", "in/half/a.png"), ("in/b.png", "in/half/b.png")}
    assert pairs(Path("other"), folder / "half") == {("other/a.png", "in/half/a.png"), ("other/b.png", "in/half/b.png")}
    assert pairs(folder, Path("other")) == {("in/a.png", "other/a.png"), ("in/b.png", "other/b.png")}
    assert pairs(folder / "half", folder) == {("in/half/a.png", "in/a.png"), ("in/half/b.png", "in/b.png")}


def test_a_file_and_a_folder(folder: Path) -> None:
    assert pairs(folder / "a.png", folder / "half") == {("in/a.png", "in/half/a.png")}
    assert pairs(folder / "a.png", folder) == {("in/a.png", "in/denoise/a.png"), ("in/a.png", "in/half/a.png")}
    assert pairs(folder, folder / "half/b.png") == {("in/b.png", "in/half/b.png")}
    assert pairs(folder / "a.png", Path("other")) == {("in/a.png", "other/a.png")}
    assert match_two(folder, folder / "half/b.png").without == []


def test_pictures_without_a_result_are_named(folder: Path) -> None:
    (folder / "half/b.png").unlink()
    assert match_two(folder, folder / "half").without == [folder / "b.png"]


def test_what_cannot_be_compared_is_said(folder: Path) -> None:
    for before, after in ((folder, Path("none")), (Path("none"), folder), (Path("none"), Path("none"))):
        with pytest.raises(FileError, match=r"^none: does not exist$"):
            match_two(before, after)
    with pytest.raises(FileError, match="given twice"):
        match_two(folder / "a.png", folder / "denoise/../a.png")
    picture(Path("else/x.png"), 5)
    picture(Path("else/y.png"), 6)
    with pytest.raises(RclError, match="nothing in else was made of in"):
        match_two(folder, Path("else"))
