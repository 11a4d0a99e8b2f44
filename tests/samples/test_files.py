from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rawpy

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA, mosaic
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.samples.files import Shot, write_shot
from rcl_cli.samples.truth import TRUTH_NAME, update_truth

CFAS = [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(1, 4)]


@pytest.mark.parametrize("cfa", CFAS, ids=str)
@pytest.mark.parametrize("size", [(60, 90), (49, 65)], ids=str)
def test_rawpy_reads_back_the_exact_values(tmp_path: Path, cfa: CFA, size: tuple[int, int]) -> None:
    shot = Shot(1, 1600, cfa, *size)
    write_shot(shot, tmp_path)
    frame, _ = shot.take()
    with rawpy.imread(str(tmp_path / shot.name)) as raw:
        np.testing.assert_array_equal(raw.raw_image_visible, frame.mosaic)
        letters = raw.color_desc.decode()
        seen = [[letters[color] for color in row] for row in raw.raw_colors_visible]
        expected = [[cfa.rows[y % cfa.period][x % cfa.period] for x in range(size[1])] for y in range(size[0])]
        assert seen == expected
        assert set(raw.black_level_per_channel) == {1024}
        assert raw.white_level == 16383
        assert raw.other.iso_speed == 1600
        np.testing.assert_allclose(np.array(raw.camera_whitebalance[:3]) / raw.camera_whitebalance[1], [2.0, 1.0, 1.6])


def test_our_own_reader_agrees(tmp_path: Path) -> None:
    shot = Shot(3, 400, CFA.bayer("GBRG"), 48, 64, kind="leaves")
    write_shot(shot, tmp_path)
    frame, _ = shot.take()
    back = read_frame(tmp_path / shot.name)
    np.testing.assert_array_equal(back.normalized(), frame.normalized())
    assert back.cfa == frame.cfa
    assert back.metadata.camera == "rcl Sample"


def test_a_raw_tells_its_true_noise_and_the_clean_half_none(tmp_path: Path) -> None:
    shot = Shot(3, 400, CFA.xtrans(), 48, 64)
    write_shot(shot, tmp_path, clean=tmp_path / "clean")
    profile = read_frame(tmp_path / shot.name).metadata.noise_profile
    assert profile is not None
    assert (profile.shot, profile.read) == (shot.truth()["shot"], shot.truth()["read"])
    assert read_frame(tmp_path / "clean" / shot.name).metadata.noise_profile is None


def test_the_clean_half_is_what_the_sensor_saw(tmp_path: Path) -> None:
    shot = Shot(2, 100, CFA.bayer("RGGB"), 200, 200)
    write_shot(shot, tmp_path / "noisy", clean=tmp_path / "clean")
    noisy, clean = (read_frame(tmp_path / half / shot.name) for half in ("noisy", "clean"))
    assert isinstance(clean, RgbFrame)
    assert isinstance(noisy, RawFrame)
    assert clean.camera_rgb
    _, rgb = shot.take()
    np.testing.assert_allclose(clean.rgb, rgb, atol=1 / 65535)
    truth = shot.truth()
    signal = mosaic(clean.rgb, noisy.cfa)
    below_white = signal < 0.95
    residual = (noisy.normalized() - signal)[below_white]
    variance = (truth["shot"][0] * signal + truth["read"][0])[below_white]
    # Σ residual²/variance is χ² with n degrees of freedom: mean n, variance 2n.
    n = residual.size
    assert abs((residual**2 / variance).sum() - n) < 5 * np.sqrt(2 * n)


def test_the_scene_is_the_same_at_every_iso_and_filter() -> None:
    first = Shot(4, 100, CFA.bayer("RGGB"), 32, 32).take()[1]
    second = Shot(4, 3200, CFA.xtrans(), 32, 32).take()[1]
    np.testing.assert_array_equal(first, second)


def test_existing_files_are_kept(tmp_path: Path) -> None:
    shot = Shot(1, 100, CFA.bayer("RGGB"), 16, 16)
    (tmp_path / shot.name).write_text("mine")
    with pytest.raises(FileError, match="exists already"):
        write_shot(shot, tmp_path)
    assert (tmp_path / shot.name).read_text() == "mine"


def test_truth_grows_and_replaces(tmp_path: Path) -> None:
    update_truth(tmp_path, {"a": {"file": "a", "iso": 1}, "b": {"file": "b", "iso": 1}})
    update_truth(tmp_path, {"b": {"file": "b", "iso": 2}, "c": {"file": "c", "iso": 2}})
    files = json.loads((tmp_path / TRUTH_NAME).read_text())["files"]
    assert [(f["file"], f["iso"]) for f in files] == [("a", 1), ("b", 2), ("c", 2)]


def test_a_foreign_truth_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / TRUTH_NAME).write_text('{"answer": 42}')
    with pytest.raises(FileError, match="no truth file"):
        update_truth(tmp_path, {"a": {"file": "a"}})
