"""Kinds of files that plugins read and write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import rcl_cli as rcl
from rcl_cli.cli.main import cli

Install = Callable[..., str]

PLAIN = '''
"""Numbers as text, one a line, behind the size."""
import numpy as np
from rcl_cli import FileFormat, RgbFrame, hookimpl

class Plain(FileFormat):
    name = "plain"

    def read(self, path, *, linear=False):
        height, width, *values = path.read_text().split()
        return RgbFrame(np.array(values, np.float32).reshape(int(height), int(width), 3), "linear", 32)

    def write(self, path, picture):
        height, width, _ = picture.pixels.shape
        path.write_text("\\n".join(map(str, [height, width, *picture.pixels.ravel()])))

class Silent(FileFormat):
    name = "silent"

@hookimpl
def rcl_format():
    return [Plain, Silent]
'''


def test_a_plugged_format_is_read_and_written(install: Install, tmp_path: Path) -> None:
    module = install("textual", "plain", PLAIN, group="rcl.formats")
    pixels = np.random.default_rng(0).uniform(0, 1, (24, 30, 3)).astype(np.float32)
    path = tmp_path / "a.plain"
    rcl.write(path, rcl.RgbFrame(pixels, "linear", 32))
    np.testing.assert_allclose(rcl.read(path).normalized(), pixels, rtol=1e-6)
    assert module


def test_a_folder_of_a_plugged_format_is_found_and_written_to(install: Install, tmp_path: Path) -> None:
    install("textual", "plain", PLAIN, group="rcl.formats")
    rcl.write(tmp_path / "in" / "a.plain", rcl.RgbFrame(np.full((24, 30, 3), 0.2, np.float32), "linear", 32))
    for form, suffix in (("tiff", ".tif"), ("plain", ".plain")):
        given = ["apply", "--task", "denoise", str(tmp_path / "in"), "--format", form, "-o", str(tmp_path / "out")]
        result = CliRunner().invoke(cli, given)
        assert result.exit_code == 0, result.output
        assert (tmp_path / "out" / f"a{suffix}").is_file()
    unknown = CliRunner().invoke(cli, ["apply", "--task", "denoise", str(tmp_path / "in"), "--format", "bmp"])
    assert unknown.exit_code == 2
    assert "jpeg, npy, exr or plain" in " ".join(unknown.stderr.split())


def test_one_module_may_have_several(install: Install, tmp_path: Path) -> None:
    module = install("textual", "plain", PLAIN, group="rcl.formats")
    entry_points = next(tmp_path.glob("textual*/entry_points.txt"))
    entry_points.write_text(f"[rcl.formats]\nplain = {module}\nsilent = {module}\n")
    (tmp_path / "a.silent").write_text("?")
    with pytest.raises(rcl.FileError, match="are only written"):
        rcl.read(tmp_path / "a.silent")
    with pytest.raises(rcl.FileError, match="are only read"):
        rcl.write(tmp_path / "b.silent", rcl.RgbFrame(np.zeros((4, 4, 3), np.float32)))
    assert not (tmp_path / "b.silent").exists()


def test_a_full_disk_is_no_fault_of_a_format(install: Install, tmp_path: Path) -> None:
    full = 'raise OSError(28, "No space left on device", str(path))'
    install("textual", "plain", PLAIN.replace("height, width, _ =", f"{full}; height, width, _ ="), group="rcl.formats")
    with pytest.raises(rcl.FileError, match=r"a\.plain: cannot be written whole, because the disk is full"):
        rcl.write(tmp_path / "a.plain", rcl.RgbFrame(np.zeros((4, 4, 3), np.float32), "linear", 32))


def test_a_broken_format_is_named_and_our_own_never_ask_for_it(install: Install, tmp_path: Path) -> None:
    install("textual", "plain", "import a_module_that_nobody_has", group="rcl.formats")
    install("textual", "png", "import a_module_that_nobody_has", group="rcl.formats")
    (tmp_path / "a.plain").write_text("?")
    with pytest.raises(rcl.RclError, match=r"format 'plain' of textual 1\.2: fails to load"):
        rcl.read(tmp_path / "a.plain")
    rcl.write(tmp_path / "a.png", rcl.RgbFrame(np.zeros((4, 4, 3), np.float32), "linear", 16))
    assert rcl.read(tmp_path / "a.png").size == (4, 4)


def test_what_a_format_brings_about_is_that_files_alone_and_its_results_are_no_inputs(
    install: Install, tmp_path: Path
) -> None:
    install("textual", "plain", PLAIN, group="rcl.formats")
    folder = tmp_path / "in"
    rcl.write(folder / "good.plain", rcl.RgbFrame(np.full((24, 30, 3), 0.2, np.float32), "linear", 32))
    (folder / "bad.plain").write_text("24 x")
    for status in ("done", "skipped"):
        given = ["apply", "--task", "denoise", str(folder), "--format", "plain", "--json"]
        result = CliRunner().invoke(cli, given)
        assert result.exit_code == 1
        lines = {Path(line["path"]).name: line for line in map(json.loads, result.stdout.splitlines())}
        assert lines.keys() == {"good.plain", "bad.plain"}
        assert lines["good.plain"]["status"] == status
        assert "cannot be read as plain" in lines["bad.plain"]["reason"]
