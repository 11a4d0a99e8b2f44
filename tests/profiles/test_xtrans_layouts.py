"""Blocks of X-Trans against closed forms, and calibration of a simulated X-Trans sensor against what was simulated."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.coherence import coherence
from rcl_calibration.layout import EVEN, HIGH, INNER, Layout
from rcl_calibration.samples import Lattice, dct_blocks
from rcl_calibration.single_image import measure, profile_of
from rcl_cli.profiles.lattices import close_lattices
from rcl_cli.profiles.xtrans_layouts import SIZE, xtrans_layouts
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import Metadata, RawFrame

LAYOUTS = [layout for _, layout in xtrans_layouts()]
ALL = pytest.mark.parametrize("layout", LAYOUTS, ids=["green", "other green", "red", "blue"])
BLACK, WHITE = 256.0, 4095.0
SHOT, READ = 4e-3, 2e-5


def _frame(rgb: NDArray[np.float32], cfa: CFA, rng: np.random.Generator, rows: float = 0.0) -> RawFrame:
    """Photon counts, read noise and row noise of σ `rows`, rounded."""
    clean = mosaic(rgb, cfa)
    noisy = SHOT * rng.poisson(clean / SHOT) + np.sqrt(READ) * rng.standard_normal(clean.shape)
    noisy += rows * rng.standard_normal((len(clean), 1))
    dn = np.clip(np.rint(BLACK + (WHITE - BLACK) * noisy), 0, WHITE).astype(np.uint16)
    return RawFrame(dn, cfa, (BLACK,) * 4, WHITE, Metadata(make="test", model="test"))


def _scene(size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(size, size, 3) patches of any brightness and colour, with slopes."""
    patch = 60
    count = -(-size // patch)
    light = np.exp(rng.uniform(np.log(0.01), np.log(0.7), (count, count, 1))) * rng.uniform(0.5, 1.0, (count, count, 3))
    rgb = np.kron(light, np.ones((patch, patch, 1)))[:size, :size]
    return np.asarray(rgb * np.linspace(0.9, 1.1, size)[:, None, None], np.float32)


@ALL
def test_coefficients_are_orthonormal_and_blind_to_rows_columns_and_slopes(layout: Layout) -> None:
    assert layout.inner.shape == (INNER, layout.count)
    np.testing.assert_allclose(layout.inner @ layout.inner.T, np.eye(INNER), atol=1e-9)
    rng = np.random.default_rng(0)
    lines = (rng.standard_normal((SIZE, 1)) + rng.standard_normal((1, SIZE)))[layout.mask]
    np.testing.assert_allclose(layout.inner @ lines, 0, atol=1e-9)
    np.testing.assert_allclose(layout.inner @ np.ones(layout.count), 0, atol=1e-9)


@ALL
def test_lines_see_their_own_direction_alone(layout: Layout) -> None:
    rows, columns = np.random.default_rng(1).standard_normal((2, 20_000, SIZE))
    row, column = np.nonzero(layout.mask)
    for direction, (own, other) in enumerate([(rows[:, row], columns[:, column]), (columns[:, column], rows[:, row])]):
        seen = (own @ layout.lines[direction].T).var(axis=0)
        np.testing.assert_allclose(seen, layout.line_gain[direction], rtol=0.06)
        np.testing.assert_allclose(other @ layout.lines[direction].T, 0, atol=1e-9)


def test_lattices_share_no_pixel() -> None:
    assert np.sum([layout.mask for layout in LAYOUTS], axis=0).max() == 1


@pytest.mark.parametrize("shift", [(0, 0), (1, 2), (3, 0), (4, 5), (5, 5)])
def test_every_pixel_of_a_lattice_has_the_lattice_s_filter(shift: tuple[int, int]) -> None:
    cfa = CFA.xtrans(*shift)
    planes = cfa.planes(100, 90)
    frame = RawFrame(planes.astype(np.uint16), cfa, (0.0,) * 4, 1.0, Metadata(make="test", model="test"))
    found = close_lattices(frame)
    assert [lattice.plane for lattice in found] == [1, 1, 0, 3]
    blocks = dct_blocks(found)
    assert blocks.count > 50
    for lattice, mean, high in zip(found, blocks.mean, blocks.high, strict=True):
        np.testing.assert_allclose(mean, lattice.plane, atol=1e-5)
        np.testing.assert_allclose(high, 0, atol=1e-8)


@ALL
def test_texture_is_weaker_than_in_lattices_of_pixels_farther_apart(layout: Layout) -> None:
    """Of a picture with a spectrum of 1/f³ Bayer's lattices have 2.1 times that of squares of greens, red has 1.2."""

    def high(of: Layout) -> float:
        return float(np.mean(-np.einsum("kn,nm,km->k", of.inner, of.distances(of), of.inner)[of.is_high]))

    assert high(layout) < (0.5 if layout in LAYOUTS[:2] else 1.25) * high(EVEN)


def test_the_strides_say_how_much_more_overlap_makes_the_mean_vary() -> None:
    """On white noise, in both greens, red and blue, on average."""
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(40):
        values = rng.standard_normal((200, 200))
        blocks = dct_blocks([Lattice(values, 1, step=0, lowest=-9, layout=layout) for layout in LAYOUTS])
        ratios.append(blocks.high.mean(axis=1))
    overlap = LAYOUTS[0].strides[1][1]
    expected = 2 / (LAYOUTS[0].high * blocks.count) * (1 + overlap)
    assert np.var(ratios, axis=0).mean() == pytest.approx(expected, rel=0.3)
    assert blocks.independent == pytest.approx(LAYOUTS[0].high / HIGH / (1 + 0.35 * overlap))


def test_coherence_of_two_layouts_is_the_transpose_of_the_other_way_round() -> None:
    green, red = LAYOUTS[0], LAYOUTS[2]
    one, other = coherence((0.0, 0.0), green, red), coherence((0.0, 0.0), red, green)
    assert np.linalg.matrix_rank(np.stack([one.ravel(), other.T.ravel()]), tol=1e-6) == 1


@pytest.mark.slow
@pytest.mark.parametrize("cfa", [CFA.xtrans(), CFA.xtrans(2, 5)], ids=["canonical", "shifted"])
def test_noise_of_a_simulated_sensor_is_found(cfa: CFA) -> None:
    rng = np.random.default_rng(3)
    profile = profile_of(measure(close_lattices(_frame(_scene(900, rng), cfa, rng))))
    assert profile.quality == "ok", profile.reason
    assert profile.shot[0] == pytest.approx(SHOT, rel=0.02)
    assert profile.sigma(0.02) == pytest.approx(np.sqrt(SHOT * 0.02 + READ), rel=0.02)
    assert profile.shot_ci is not None
    assert profile.shot_ci[0][0] < SHOT < profile.shot_ci[0][1]


@pytest.mark.slow
def test_row_noise_is_named_and_no_part_of_the_noise() -> None:
    rng = np.random.default_rng(4)
    rows = 0.5 * np.sqrt(SHOT * 0.02 + READ)
    measured = measure(close_lattices(_frame(_scene(1500, rng), CFA.xtrans(), rng, rows)))
    assert measured.fit.noise.shot == pytest.approx(SHOT, rel=0.02)
    assert measured.banding[0] == pytest.approx(rows**2, rel=0.5)
    assert measured.banding[1] < 0.1 * rows**2
    assert "banding" in profile_of(measured).reason
