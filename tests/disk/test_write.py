"""Writing whatever the target is called, and names that stay in their folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rcl_cli.disk.names import fitted, is_plain, plain
from rcl_cli.disk.write import atomic_path
from rcl_cli.errors import FileError, RclError
from rcl_cli.models.runs import name_after
from rcl_cli.models.store import check_name

ESCAPES = ["../../x", "/x", "a/b", "..", ".", "", " ", "..\\x", "a\nb", "a\x1b[2J", "\udce9", ".hidden", "x" * 101]


@pytest.mark.skipif(sys.platform == "win32", reason="such names are not allowed there")
@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("x" * 251 + ".dng", ".dng"),
        ("-a%d \n.dng", ".dng"),
        ("caf\udce9.DNG", ".DNG"),
        ("\u202e.dng", ".dng"),
        ("x." + "y" * 240, ""),
    ],
)
def test_temporary_names_are_short_plain_and_keep_the_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    """exiftool writes a temporary file of its own beside it, whose name is longer by 13."""
    with atomic_path(tmp_path / name) as temporary:
        assert len(os.fsencode(temporary.name)) <= 128
        assert temporary.name.isascii()
        assert temporary.name.isprintable()
        assert temporary.suffix == suffix
        temporary.write_text("whole")
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "whole"


@pytest.mark.parametrize("name", [*ESCAPES, "none", "auto"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(RclError, match="cannot be a name"):
        check_name(name)


@pytest.mark.parametrize("name", [*ESCAPES, "日" * 200, "a" * 300])
def test_any_text_becomes_a_name(name: str) -> None:
    made = plain(name, "run")
    assert made
    assert Path(made).name == made
    assert not set(made) & set("/\\\n\x1b\udce9")
    assert made[0] != "."
    assert len(made.encode()) <= 150


@pytest.mark.parametrize("folder", ["none", ".hidden", "caf\udce9", "x" * 255, "day 1"])
def test_runs_are_named_after_any_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    name = name_after([tmp_path / folder])
    assert is_plain(name[:100])
    assert name != "none"
    assert folder != "day 1" or name == folder


def test_a_name_that_fits_stays_and_cut_ones_differ() -> None:
    assert fitted("été", ".dng", 9) == "été.dng"
    one, two = (fitted("é" * 50 + end, ".dng", 40) for end in "ab")
    assert one != two
    assert len(os.fsencode(one)) <= 40
    assert one.endswith(".dng")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_a_folder_in_which_nothing_can_be_made_is_named_by_what_was_to_be_there() -> None:
    with pytest.raises(FileError, match=r"/proc/x\.onnx: cannot be written"), atomic_path(Path("/proc/x.onnx")):
        pass
