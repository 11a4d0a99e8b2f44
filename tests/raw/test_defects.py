"""Hot and dead photosites are mended; stars, highlights and lines are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.book import blind_estimate
from rcl_cli.raw import defects
from rcl_cli.raw.cfa import BAYER_PHASES, CFA, mosaic
from rcl_cli.raw.defects import Float, mend
from rcl_cli.raw.read import read_frame
from rcl_cli.samples.scenes import scene

CFAS = [*(CFA.bayer(phase) for phase in BAYER_PHASES), CFA.xtrans(), CFA.xtrans(1, 2)]
NOISE = NoiseProfile.uniform(1e-6, 1e-9)
GAINS = (2.0, 1.0, 1.5)
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def noisy(clean: Float, seed: int = 0) -> Float:
    """With `NOISE`."""
    sigma = np.sqrt(1e-6 * clean + 1e-9)
    return (clean + sigma * np.random.default_rng(seed).standard_normal(clean.shape)).astype(np.float32)


def flat(cfa: CFA, shape: tuple[int, int] = (96, 90)) -> Float:
    """A grey wall, as the sensor sees it, brighter to the right."""
    grey = np.linspace(0.02, 0.3, shape[1], dtype=np.float32)[None, :, None] / np.array(GAINS, np.float32)
    return mosaic(np.broadcast_to(grey, (*shape, 3)).astype(np.float32), cfa)


@pytest.mark.parametrize("cfa", CFAS, ids=str)
def test_hot_and_dead_sites_get_what_is_around_them_and_no_other_changes(cfa: CFA) -> None:
    good = noisy(flat(cfa))
    bad = good.copy()
    rows, columns = np.mgrid[2:94:7, 2:88:11]
    values = np.where((rows + columns) % 2, 0.9, -0.6)
    bad[rows, columns] = values
    assert np.abs(bad - good).max() > 0.2
    mended = mend(bad, cfa, NOISE)
    untouched = np.ones(bad.shape, bool)
    untouched[rows, columns] = False
    assert np.array_equal(mended[untouched], bad[untouched])
    clean = flat(cfa)[rows, columns]
    # The mean of eight neighbours or more, three at the corners.
    assert np.abs(mended[rows, columns] - clean).max() < 0.02


LIGHTS = {
    "white": (0.5, 1.0, 0.7),
    "red": (1.0, 0.15, 0.05),
    "deep red": (1.0, 0.05, 0.03),
    "green": (0.1, 1.0, 0.12),
    "blue": (0.05, 0.25, 1.0),
}
"""As the sensor sees them."""


@pytest.mark.parametrize("cfa", CFAS[:1] + CFAS[-1:], ids=str)
@pytest.mark.parametrize("color", LIGHTS)
@pytest.mark.parametrize("shot", [1e-6, 1e-4, 1e-2])
def test_lamps_and_stars_stay_wherever_they_fall(cfa: CFA, color: str, shot: float) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:192, 0:192].astype(np.float64)
    light = np.zeros((192, 192))
    places = [
        np.array([row, column]) + rng.uniform(-0.5, 0.5, 2) for row in range(6, 186, 9) for column in range(6, 186, 9)
    ]
    for place in places:
        near = np.s_[int(place[0]) - 4 : int(place[0]) + 5, int(place[1]) - 4 : int(place[1]) + 5]
        distance = (y[near] - place[0]) ** 2 + (x[near] - place[1]) ** 2
        light[near] += rng.uniform(0.02, 0.9) * np.exp(-distance / (2 * 0.55**2))  # 1.3 pixels wide
    rgb = light[..., None] * np.array(LIGHTS[color]) + 0.01
    clean = mosaic(rgb.astype(np.float32), cfa)
    noise = NoiseProfile.uniform(shot, 3 * shot**2)
    sky = clean + np.sqrt(shot * clean + 3 * shot**2) * rng.standard_normal(clean.shape)
    changed = mend(sky.astype(np.float32), cfa, noise) != sky.astype(np.float32)
    assert changed.sum() <= len(places) // 100


@pytest.mark.parametrize("cfa", CFAS[:1] + CFAS[-1:], ids=str)
def test_glints_among_detail_stay(cfa: CFA) -> None:
    """Foliage or water whose neighbours differ by far more than noise: darker ones must not make up for lit ones."""
    rng = np.random.default_rng(4)
    rgb = np.repeat(rng.uniform(0.02, 0.12, (240, 240, 1)), 3, axis=2)
    rows, columns = np.mgrid[6:234:8, 6:234:8]
    glints = np.zeros((240, 240))
    glints[rows, columns] = rng.uniform(0.2, 0.6, rows.shape)
    rgb += (0.9 * glints + 0.0125 * sum(np.roll(glints, step, (0, 1)) for step in _AROUND))[..., None]
    picture = noisy(mosaic(rgb.astype(np.float32), cfa))
    assert (mend(picture, cfa, NOISE) != picture).sum() <= rows.size // 200


@pytest.mark.parametrize("cfa", CFAS, ids=str)
def test_green_sites_are_judged_at_base_iso_too(cfa: CFA) -> None:
    """Light of any colour that falls on one reaches the greens around it, which noise hides less than the others."""
    good = flat(cfa)
    good += np.sqrt(1e-4 * good + 3e-8) * np.random.default_rng(0).standard_normal(good.shape).astype(np.float32)
    bad = good.copy()
    rows, columns = np.mgrid[3:94:7, 3:50:7]
    bad[rows, columns] += 0.6
    mended = mend(bad, cfa, NoiseProfile.uniform(1e-4, 3e-8))
    green = cfa.colors(*bad.shape)[rows, columns] == 1
    assert green.sum() > 30
    assert (mended[rows, columns] != bad[rows, columns])[green].mean() > 0.95


@pytest.mark.realdata
def test_hot_sites_of_a_raw_get_what_is_around_them(realdata: Path) -> None:
    """Those beside which nothing shows."""
    frame = read_frame(realdata / "raw/bayer/canon-powershot-g2_CRW_0304.CRW")
    x = frame.normalized()
    assert frame.cfa is not None
    mended = mend(x, frame.cfa, blind_estimate(frame))
    changed = [(int(row), int(column)) for row, column in np.argwhere(mended != x)]
    assert (1494, 2085) in changed
    assert len(changed) < 10
    for row, column in changed:
        around = x[row - 2 : row + 3 : 2, column - 2 : column + 3 : 2]
        assert x[row, column] > 5 * np.median(around)
        assert around.min() <= mended[row, column] <= np.sort(around, axis=None)[-2]


@pytest.mark.parametrize("cfa", CFAS[:1] + CFAS[-1:], ids=str)
def test_lines_edges_and_scenes_stay(cfa: CFA) -> None:
    rgb = np.full((96, 96, 3), 0.05, np.float32)
    rgb[::9] = 0.8
    rgb[:, 40:] += 0.3
    assert np.array_equal(mend(rgb_noisy := noisy(mosaic(rgb, cfa)), cfa, NOISE), rgb_noisy)
    picture = noisy(mosaic(scene(192, 192, np.random.default_rng(5)), cfa))
    changed = mend(picture, cfa, NOISE) != picture
    assert changed.mean() < 1e-4


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    cfa = CFA.xtrans(2, 1)
    bad = noisy(flat(cfa))
    bad[::5, ::7] = 1.0
    whole = mend(bad, cfa, NOISE)
    monkeypatch.setattr(defects, "_STRIP", 10)
    assert np.array_equal(mend(bad, cfa, NOISE), whole)
    assert not np.array_equal(whole, bad)
