"""Results are laid beside the files that they were made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from rcl_cli.errors import RclError
from rcl_cli.report.matching import match

from .pictures import picture


def pairs(*paths: Path, clean: Path | None = None) -> list[tuple[str, str]]:
    return [(one.before.name, one.after.name) for one in match(paths, clean).found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, their results in the folder below as `rcl apply` leaves them, one called by another rule."""
    first, second = picture(tmp_path / "in" / "a.png", 1), picture(tmp_path / "in" / "b.png", 2)
    picture(tmp_path / "in" / "denoise" / "a.png", 3, first)
    picture(tmp_path / "in" / "denoise" / "b.png.tif", 4, second)
    return tmp_path


BOTH = [("a.png", "a.png"), ("b.png", "b.png.tif")]


def test_a_folder_with_its_results(folder: Path) -> None:
    assert pairs(folder / "in") == BOTH


def test_results_alone_find_their_files_in_the_folder_above(folder: Path) -> None:
    assert pairs(folder / "in" / "denoise") == BOTH
    assert pairs(folder / "in" / "denoise" / "a.png") == BOTH[:1]


def test_results_in_subfolders_and_beside_their_files(folder: Path) -> None:
    deep = picture(folder / "in" / "day" / "one" / "c.png", 5)
    picture(folder / "in" / "denoise" / "day" / "one" / "c.png", 6, deep)
    picture(deep.with_name("c_dn.png"), 7, deep)
    assert pairs(folder / "in" / "denoise") == [*BOTH, ("c.png", "c.png")]
    assert pairs(deep.with_name("c_dn.png")) == [("c.png", "c_dn.png")]


def test_a_result_of_a_result(folder: Path) -> None:
    first = folder / "in" / "denoise" / "a.png"
    second = picture(folder / "final" / "a.png", 8, first)
    found = match([first, second])
    assert {(one.before, one.after) for one in found.found} == {(first, second), (folder / "in" / "a.png", first)}
    assert not found.left


def test_two_files_are_shown_whatever_they_are(folder: Path) -> None:
    """Such as the result of another program beside one of rcl, whose source is elsewhere."""
    other = picture(folder / "other.png", 8)
    result = (folder / "in" / "denoise" / "a.png").rename(folder / "mine.png")
    found = match([other, result])
    assert [(one.before, one.after) for one in found.found] == [(other, result)]
    assert found.found[0].record is not None
    assert not found.left


def test_both_folders_and_single_files(folder: Path) -> None:
    assert pairs(folder / "in", folder / "in" / "denoise") == BOTH
    assert pairs(folder / "in" / "b.png", folder / "in" / "denoise" / "b.png.tif") == BOTH[1:]


def test_the_results_that_are_named_are_meant(folder: Path) -> None:
    picture(folder / "in" / "other" / "a.png", 5, folder / "in" / "a.png")
    assert len(pairs(folder / "in")) == 3
    assert pairs(folder / "in", folder / "in" / "denoise") == BOTH


def test_a_file_that_has_changed_is_not_the_one(folder: Path) -> None:
    (folder / "in" / "a.png").unlink()
    picture(folder / "in" / "a.png", 9)
    found = match([folder / "in" / "denoise"])
    assert [one.before.name for one in found.found] == ["b.png"]
    assert [error.path.name for error in found.left] == ["a.png"]


def test_results_of_other_programs_go_by_name(folder: Path) -> None:
    for name in ("a.jpg", "c.png"):
        picture(folder / "out" / name, 6)
    (folder / "in" / "denoise").rename(folder / "elsewhere")
    assert pairs(folder / "in", folder / "out") == [("a.png", "a.jpg")]
    assert pairs(folder / "in" / "b.png", folder / "out" / "c.png") == [("b.png", "c.png")]
    picture(folder / "third" / "c.png", 8)
    picture(folder / "third" / "d.png", 8)
    with pytest.raises(RclError, match="same name"):
        match([folder / "in", folder / "third"])


def test_clean_pictures_go_by_name(folder: Path) -> None:
    clean = picture(folder / "clean" / "a.png", 7)
    found = match([folder / "in"], folder / "clean")
    assert [one.clean for one in found.found] == [clean, None]


def test_pictures_without_results_are_said_so(folder: Path) -> None:
    with pytest.raises(RclError, match="no results"):
        match([folder / "in" / "a.png"])
