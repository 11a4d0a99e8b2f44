"""Hot and dead photosites are mended; stars, highlights and lines are not."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw import defects
from rcl_cli.raw.cfa import BAYER_PHASES, CFA, mosaic
from rcl_cli.raw.defects import Float, mend
from rcl_cli.samples.scenes import scene

CFAS = [*(CFA.bayer(phase) for phase in BAYER_PHASES), CFA.xtrans(), CFA.xtrans(1, 2)]
NOISE = NoiseProfile.uniform(1e-3, 1e-6)
GAINS = (2.0, 1.0, 1.5)


def noisy(clean: Float, seed: int = 0) -> Float:
    """With `NOISE`."""
    sigma = np.sqrt(1e-3 * clean + 1e-6)
    return (clean + sigma * np.random.default_rng(seed).standard_normal(clean.shape)).astype(np.float32)


def flat(cfa: CFA, shape: tuple[int, int] = (96, 90)) -> Float:
    """A grey wall, as the sensor sees it, brighter to the right."""
    grey = np.linspace(0.02, 0.3, shape[1], dtype=np.float32)[None, :, None] / np.array(GAINS, np.float32)
    return mosaic(np.broadcast_to(grey, (*shape, 3)).astype(np.float32), cfa)


@pytest.mark.parametrize("cfa", CFAS, ids=str)
def test_hot_and_dead_sites_get_what_is_around_them_and_no_other_changes(cfa: CFA) -> None:
    good = noisy(flat(cfa))
    bad = good.copy()
    rows, columns = np.mgrid[1:96:7, 1:90:11]
    values = np.where((rows + columns) % 2, 0.9, -0.3)
    bad[rows, columns] = values
    assert np.abs(bad - good).max() > 0.2
    mended = mend(bad, cfa, NOISE, GAINS)
    untouched = np.ones(bad.shape, bool)
    untouched[rows, columns] = False
    assert np.array_equal(mended[untouched], bad[untouched])
    clean = flat(cfa)[rows, columns]
    # The mean of eight neighbours or more, three at the corners.
    assert np.abs(mended[rows, columns] - clean).max() < 3.5 * np.sqrt(1e-3 * 0.3 / 3)


@pytest.mark.parametrize("cfa", CFAS[:1] + CFAS[-1:], ids=str)
def test_stars_stay_wherever_they_fall(cfa: CFA) -> None:
    y, x = np.mgrid[0:96, 0:96].astype(np.float64)
    light = np.zeros((96, 96))
    rng = np.random.default_rng(3)
    for row in range(6, 90, 12):
        for column in range(6, 90, 12):
            place = np.array([row, column]) + rng.uniform(-0.5, 0.5, 2)
            light += rng.uniform(0.1, 0.9) * np.exp(-((y - place[0]) ** 2 + (x - place[1]) ** 2) / (2 * 0.6**2))
    rgb = (light[..., None] + 0.01) / np.array(GAINS)
    sky = noisy(mosaic(rgb.astype(np.float32), cfa))
    assert mend(sky, cfa, NOISE, GAINS) is sky


@pytest.mark.parametrize("cfa", CFAS[:1] + CFAS[-1:], ids=str)
def test_lines_edges_and_scenes_stay(cfa: CFA) -> None:
    rgb = np.full((96, 96, 3), 0.05, np.float32)
    rgb[::9] = 0.8
    rgb[:, 40:] += 0.3
    assert np.array_equal(mend(rgb_noisy := noisy(mosaic(rgb, cfa)), cfa, NOISE, (1.0, 1.0, 1.0)), rgb_noisy)
    picture = noisy(mosaic(scene(192, 192, np.random.default_rng(5)), cfa))
    changed = mend(picture, cfa, NOISE, (1.0, 1.0, 1.0)) != picture
    assert changed.mean() < 1e-4


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    cfa = CFA.xtrans(2, 1)
    bad = noisy(flat(cfa))
    bad[::5, ::7] = 1.0
    whole = mend(bad, cfa, NOISE, GAINS)
    monkeypatch.setattr(defects, "_STRIP", 10)
    assert np.array_equal(mend(bad, cfa, NOISE, GAINS), whole)
    assert not np.array_equal(whole, bad)
