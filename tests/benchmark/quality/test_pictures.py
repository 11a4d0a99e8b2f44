"""Which pictures are measured, what is kept of each, and where one looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_benchmark.quality.crops import Tile, decoded, encoded, hardest, write_strips
from rcl_benchmark.quality.inputs import sample, shown
from rcl_benchmark.quality.pictures import Float, Picture, find_pairs, find_pictures, frame_of, stored
from rcl_benchmark.quality.settings import Setting
from rcl_cli.errors import FileError


def test_pictures_are_grouped_by_folder_and_limited_in_each(pictures: Path) -> None:
    assert [(p.group, p.name) for p in find_pictures([pictures], None)] == [
        ("first", "first0"),
        ("first", "first1"),
        ("second", "second0"),
    ]
    assert [p.name for p in find_pictures([pictures], 1)] == ["first0", "second0"]


def test_pairs_have_their_clean_picture(pairs: Path) -> None:
    (pair,) = find_pairs([pairs], None)
    assert pair == Picture(pairs / "a_real.png", "shots", pairs / "a_mean.png")
    (pairs / "b_real.png").write_bytes((pairs / "a_real.png").read_bytes())
    with pytest.raises(FileError, match="has no counterpart"):
        find_pairs([pairs], None)


def test_the_middle_is_kept_in_multiples_of_four(picture: Picture) -> None:
    whole, middle = stored(picture.path, None), stored(picture.path, 66)
    assert whole.shape == (64, 72, 3)
    assert middle.shape == (64, 64, 3)
    np.testing.assert_array_equal(middle, whole[:, 4:68])
    np.testing.assert_allclose(whole * 255, np.rint(whole * 255), atol=1e-4)
    assert frame_of(picture.path, None).rgb[0, 0, 0] < whole[0, 0, 0]


def test_the_hardest_place_is_where_colours_change_fast(tmp_path: Path) -> None:
    flat = np.full((160, 200, 3), 0.5, np.float32)
    flat[60:120, 90:150] = np.random.default_rng(0).uniform(0, 1, (60, 60, 3))
    rows, columns = hardest(flat)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (96, 96)
    assert rows.start <= 60 < 120 <= rows.stop
    assert columns.start <= 90 < 150 <= columns.stop
    small = hardest(flat[:64, :64])
    assert flat[:64, :64][small].shape == (48, 48, 3)


def test_crops_survive_being_kept_and_strips_show_them_three_times_as_large(v: Float, tmp_path: Path) -> None:
    rgb = decoded(encoded(v))
    np.testing.assert_array_equal(rgb, np.rint(v * 255))
    write_strips(tmp_path / "strips" / "a.png", [[Tile("truth", rgb), Tile("rcl", rgb)], [Tile("truth", rgb)]])
    strip = decoded_file(tmp_path / "strips" / "a.png")
    assert strip.shape == (2 * (3 * 72 + 34), 2 * (3 * 64 + 8), 3)
    np.testing.assert_array_equal(strip[30 : 30 + 216 : 3, 4 : 4 + 192 : 3], rgb)


@pytest.mark.parametrize("domain", ["bayer", "xtrans"])
def test_a_mosaic_is_shown_in_colour(picture: Picture, domain: str) -> None:
    setting = Setting("denoise-raw", "", domain, 1e-4)
    rgb = shown(setting, sample(setting, picture, None).truth)
    assert rgb.shape == (64, 72, 3)
    assert np.abs(rgb - stored(picture.path, None))[8:-8, 8:-8].mean() < 0.03


def decoded_file(path: Path) -> np.ndarray:
    import base64

    return decoded(base64.b64encode(path.read_bytes()).decode())
