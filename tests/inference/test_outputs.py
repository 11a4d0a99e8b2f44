from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.outputs import fitting, leave_out_results, plan_outputs
from rcl_cli.raw.folder import Found

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
JPEG = b"\xff\xd8\xff\xe0" + bytes(24)
RAW = b"FUJIFILM" + bytes(24)


def found(root: Path, **contents: bytes) -> list[Found]:
    items = []
    for name, content in contents.items():
        relative = Path(name.replace("__", "/").replace("_", "."))
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        items.append(Found(path, relative))
    return items


def names(items: list[Found], folder: Path, format: str = "auto") -> list[str]:
    return [str(job.target.relative_to(folder)) for job in plan_outputs(items, folder, "denoise", format)]


def test_a_raw_becomes_a_dng_and_a_picture_keeps_its_kind_and_folder(tmp_path):
    items = found(tmp_path / "in", day1__a_RAF=RAW, b_JPG=JPEG, c_jpeg=JPEG, day1__d_png=PNG)
    assert names(items, tmp_path / "out") == ["day1/a.dng", "b.JPG", "c.jpeg", "day1/d.png"]


def test_kinds_are_told_by_content(tmp_path):
    assert names(found(tmp_path / "in", a_jpg=PNG), tmp_path / "out") == ["a.png"]


def test_a_format_is_for_all(tmp_path):
    items = found(tmp_path / "in", a_RAF=RAW, b_jpg=JPEG)
    assert names(items, tmp_path / "out", "tiff") == ["a.tif", "b.tif"]


def test_inputs_that_differ_in_their_suffix_only_get_distinct_names(tmp_path):
    items = found(tmp_path / "in", a_RAF=RAW, a_jpg=JPEG, a_JPEG=JPEG, b_RAF=RAW)
    assert names(items, tmp_path / "out", "png") == ["a.RAF.png", "a.jpg.png", "a.JPEG.png", "b.png"]


def test_names_that_differ_in_case_only_stay_apart_on_every_file_system(tmp_path):
    items = [Found(tmp_path / "one" / "a.raf", Path("a.raf")), Found(tmp_path / "two" / "A.RAF", Path("A.RAF"))]
    assert names(items, tmp_path / "out") == ["a.raf.dng", "A.RAF-denoise.dng"]


def test_equal_names_from_several_folders_all_get_their_own(tmp_path):
    items = [item for root in "xyz" for item in found(tmp_path / root, a_RAF=RAW)]
    got = names(items, tmp_path / "out")
    assert len(set(got)) == 3
    assert got[0] == "a.RAF.dng"


def test_no_result_falls_on_an_input(tmp_path):
    items = found(tmp_path, a_png=PNG, b_png=PNG)
    assert names(items, tmp_path) == ["a-denoise.png", "b-denoise.png"]


def test_earlier_results_inside_the_walked_folder_are_left_out(tmp_path):
    inputs = found(tmp_path, a_RAF=RAW)
    results = found(tmp_path, out__a_dng=RAW, out__deep__b_dng=RAW)
    assert leave_out_results(inputs + results, [tmp_path], tmp_path / "out") == inputs


def test_a_result_that_is_named_itself_stays(tmp_path):
    results = found(tmp_path, out__a_dng=RAW)
    named = [tmp_path, tmp_path / "out" / "a.dng"]
    assert leave_out_results(results, named, tmp_path / "out") == results


def test_an_output_folder_above_the_inputs_hides_none(tmp_path):
    inputs = found(tmp_path / "raws", a_RAF=RAW)
    assert leave_out_results(inputs, [tmp_path / "raws"], tmp_path) == inputs


def test_the_input_folder_is_no_output_folder(tmp_path, monkeypatch):
    inputs = found(tmp_path, a_RAF=RAW)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RclError, match="also the input folder"):
        leave_out_results(inputs, [Path()], tmp_path)


@pytest.mark.parametrize("suffix", [".dng", ".npy"])
def test_names_fit_the_file_system_with_their_records(tmp_path: Path, suffix: str) -> None:
    """Those that fit stay; cut ones differ where their sources do, and are the same the next time."""
    stems = ["x" * 100, "x" * 247, "é" * 120, "y" * 251, "y" * 250 + "z"]
    items = [Found(tmp_path / "in" / f"{stem}.raf", Path(f"{stem}.raf")) for stem in stems]
    got = [job.target.name for job in plan_outputs(items, tmp_path / "out", "denoise", suffix[1:])]
    assert got[:3] == [f"{stem}{suffix}" for stem in stems[:3]]
    assert len(set(got)) == 5
    assert all(len(os.fsencode(name)) <= (255 if suffix == ".dng" else 251) for name in got)
    assert got == [job.target.name for job in plan_outputs(items, tmp_path / "out", "denoise", suffix[1:])]
    both = [Found(tmp_path / "in" / f"{'x' * 251}.{kind}", Path(f"{'x' * 251}.{kind}")) for kind in ("raf", "cr2")]
    cut = {job.target.name for job in plan_outputs(both, tmp_path / "out", "sr", "png")}
    assert len(cut) == 2
    assert all(len(os.fsencode(name)) <= 255 for name in cut)


def test_jpegs_beside_raws_are_left_to_tasks_on_pictures(tmp_path: Path) -> None:
    items = found(tmp_path, a_RAF=RAW, a_JPG=JPEG, b_png=PNG)
    items[2] = replace(items[2], named=True)
    taken, left = fitting(items, {Domain.BAYER, Domain.XTRANS})
    assert [item.path.name for item in taken] == ["a.RAF", "b.png"]
    assert [item.path.name for item in left] == ["a.JPG"]
    assert fitting(items, set(Domain)) == (items, [])
    assert names(taken, tmp_path / "out", "tiff") == ["a.tif", "b.tif"]  # the raw keeps the plain name


def test_a_mark_puts_results_beside_their_inputs(tmp_path: Path) -> None:
    for name in ("day/a.CR2", "day/b.cr2", "day/b.jpg", "a_dn.dng"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"raw")
    names = ("day/a.CR2", "day/b.cr2", "day/b.jpg")
    found = [Found(tmp_path / name, Path(name)) for name in names]
    targets = [job.target.relative_to(tmp_path) for job in plan_outputs(found, None, "denoise", "dng", "_dn")]
    assert targets == [Path("day/a_dn.dng"), Path("day/b.cr2_dn.dng"), Path("day/b.jpg_dn.dng")]
    into = [job.target for job in plan_outputs(found[:1], tmp_path / "out", "denoise", "dng", "_dn")]
    assert into == [tmp_path / "out" / "day" / "a_dn.dng"]


def test_a_marked_result_never_falls_on_an_input(tmp_path: Path) -> None:
    for name in ("a.dng", "a_dn.dng"):
        (tmp_path / name).write_bytes(b"raw")
    found = [Found(tmp_path / name, Path(name)) for name in ("a.dng", "a_dn.dng")]
    targets = [job.target.name for job in plan_outputs(found, None, "denoise", "dng", "_dn")]
    assert targets == ["a_dn-denoise.dng", "a_dn_dn.dng"]
