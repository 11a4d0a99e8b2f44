"""Results look like their source in raw developers: brightness, colours, size, for every pattern of filters."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import rawpy

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.write import write_picture

from ...needs import lacks_program
from ..conftest import MakeFrame


@pytest.fixture
def files(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script of the page `docs/benchmarks/files.md`."""
    monkeypatch.syspath_prepend(str(root / "docs/benchmarks"))
    return import_module("files")


def compare(files: Any, folder: Path, name: str, developer: str) -> list[Any]:
    developers = import_module("developers")
    chosen = getattr(developers, developer)
    if not chosen.is_here:
        pytest.skip(lacks_program(chosen.executable))
    before, results = files.write_case(folder, name, files.CFAS[name])
    return list(files.compare(name, before, results, chosen))


@pytest.mark.parametrize("name", ["RGGB", "GRBG", "GBRG", "BGGR"])
def test_libraw_shows_results_of_every_phase_as_the_source(files: Any, name: str, tmp_path: Path) -> None:
    rows = compare(files, tmp_path, name, "RAWPY")
    assert [row.result for row in rows] == ["mosaic DNG", "linear DNG"]
    assert all(row.passes for row in rows), rows
    assert all(row.found.size == (0, 0) for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("developer", "name"),
    [
        ("RAWPY", "X-Trans 1, 2"),
        ("DCRAW_EMU", "GRBG"),
        ("DCRAW_EMU", "X-Trans"),
        ("DARKTABLE_LINEAR", "GBRG"),
        ("DARKTABLE_LINEAR", "X-Trans 1, 2"),
        ("RAWTHERAPEE", "BGGR"),
        ("RAWTHERAPEE", "X-Trans 1, 2"),
    ],
)
def test_raw_developers_show_results_as_the_source(files: Any, developer: str, name: str, tmp_path: Path) -> None:
    rows = compare(files, tmp_path, name, developer)
    assert all(row.passes for row in rows), rows


def test_a_result_that_is_darker_tinted_or_smaller_does_not_pass(files: Any) -> None:
    developers = import_module("developers")
    picture = np.random.default_rng(0).uniform(0.1, 0.8, (120, 160, 3))
    found = developers.difference(picture * 0.94, picture)
    assert found.brightness == pytest.approx(-0.06, abs=1e-6)
    for other in (picture * 0.99, picture * [1.1, 1, 1], picture[40:]):
        assert not files.Row("", "", "", developers.difference(other, picture)).passes
    assert files.Row("", "", "", developers.difference(picture[4:-4, 4:-4], picture)).passes


def test_automatic_maximum_of_libraw_brightens_both_alike(make_frame: MakeFrame, tmp_path: Path) -> None:
    """It takes the brightest value, which noise raises and denoising lowers, for white."""
    frame = make_frame(CFA.bayer("RGGB"))
    clean = np.full((51, 63), 0.7, np.float32)
    noisy = clean + np.random.default_rng(0).normal(0, 0.03, clean.shape)
    frame = replace(frame, mosaic=np.rint(256 + noisy * (4095 - 256)).astype(np.uint16))
    write_dng(tmp_path / "source.dng", frame)
    picture = Picture.from_frame(frame, clean, cfa=frame.cfa, peak=frame.peak)
    write_picture(tmp_path / "mosaic.dng", picture)
    rgb = np.full((51, 63, 3), 0.7, np.float32)
    rgb[20, 20] = 1.2  # a demosaicer may overshoot
    write_picture(tmp_path / "linear.dng", Picture.from_frame(frame, rgb, peak=frame.peak))
    shown = [level(tmp_path / name) for name in ("source.dng", "mosaic.dng", "linear.dng")]
    assert shown[0] > 0.75
    assert shown[1:] == pytest.approx([shown[0]] * 2, rel=0.002)


def level(path: Path) -> float:
    with rawpy.imread(str(path)) as raw:
        shown = raw.postprocess(
            user_wb=[1, 1, 1, 1], no_auto_bright=True, gamma=(1, 1), output_bps=16, output_color=rawpy.ColorSpace.raw
        )
    return float(np.median(shown)) / 65535
