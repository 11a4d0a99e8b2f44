"""Pictures developed as cameras do with noise that is known, and the law of how much of what they show is noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_benchmark.calibration.developed import CLEAN, CLEAN_RAW, RAW, WHITE, Development
from rcl_benchmark.calibration.processed_law import QUANTILES, Row, held_out, learn, row, texture
from rcl_calibration.noise_traits import TRAITS

from ..needs import skip_without

GREY = np.full((192, 192, 3), 0.2, np.float32)


def plain(kind: str) -> Development:
    """Nothing is done but what makes the noise."""
    return replace(
        Development.draw(np.random.default_rng(0)),
        kind=kind,
        gain=1.0,
        shot=1e-3,
        read=1e-5,
        sigma=4 / 255,
        spread=0.0,
        common=0.0,
        demosaicing="edge-aware",
        denoising="",
        colour_blur=0.0,
        contrast=0.0,
        sharpening=0.0,
        factor=1.0,
        grey=False,
        quality=0,
    )


def test_noise_of_a_picture_is_as_told() -> None:
    first, second = plain(WHITE).pictures(GREY)
    assert first.shape == (3, 192, 192)
    # Two times the variance, and that of rounding.
    assert 255 * (first - second).std() == pytest.approx(np.sqrt(2 * (16 + 1 / 12)), rel=0.01)


@pytest.mark.slow
def test_noise_of_a_raw_is_as_told() -> None:
    development = plain(RAW)
    first, second = development.pictures(GREY)
    green = 255 * (first - second)[1, ::2, 1::2]
    # Greens that were measured: the filters' overlap, undone, adds some noise of red and blue.
    slope = 1.055 / 2.4 * 0.2 ** (1 / 2.4 - 1)
    expected = 255 * slope * np.sqrt(2 * (development.shot * 0.2 + development.read))
    assert expected < green.std() < 2 * expected


@pytest.mark.parametrize("kind", [CLEAN, CLEAN_RAW])
def test_pictures_without_noise_are_the_same_twice(kind: str) -> None:
    first, second = plain(kind).pictures(GREY)
    assert (first == second).all()
    # The border is another matter: demosaicing mirrors it.
    assert first[:, 4:-4, 4:-4].std() < 1 / 255


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_every_development_gives_pictures_to_look_at(seed: int) -> None:
    rng = np.random.default_rng(seed)
    development = Development.draw(rng)
    if development.kind in (RAW, CLEAN_RAW) and development.demosaicing != "edge-aware":
        skip_without("colour_demosaicing", "benchmark")
    first, second = development.pictures(texture(rng)[:96, :128])
    assert first.shape == second.shape == (3, round(96 * development.factor), round(128 * development.factor))
    assert 0 <= min(first.min(), second.min()) <= max(first.max(), second.max()) <= 1
    assert np.allclose(255 * first, np.rint(255 * first), atol=1e-3)
    assert (first != second).any() == development.noisy


@pytest.mark.slow
def test_the_share_of_noise_is_the_true_one() -> None:
    rng = np.random.default_rng(1)
    field = texture(rng)
    found = [row(0, field, plain(kind)) for kind in (CLEAN, WHITE)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].share == 0
    mixed = (found[1].level ** 2 - found[0].level ** 2) / found[1].level ** 2
    assert found[1].share ** 2 == pytest.approx(mixed, abs=0.15)
    flat = row(0, GREY, plain(WHITE))
    assert flat is not None
    assert flat.share == pytest.approx(1, abs=0.05)


@pytest.fixture(scope="module")
def known() -> list[Row]:
    """Any share up to 1, or up to 0.2, by what one trait tells."""
    rng = np.random.default_rng(3)
    rows = []
    for photograph in range(1500):
        seen = rng.standard_normal(len(TRAITS))
        most = 0.2 if seen[0] < 0 else 1.0
        rows.append(Row(photograph, seen, 3.0, most * float(rng.random())))
    return rows


@pytest.mark.slow
def test_low_quantiles_are_learnt(known: list[Row]) -> None:
    laws = [learn(known, quantile, steps=2000) for quantile in QUANTILES]
    shares = np.array([[law.share(one.seen) for law in laws] for one in known])
    above = np.array([[one.share] for one in known]) < shares
    assert above.mean(axis=0) == pytest.approx(QUANTILES, abs=0.05)
    believed = shares[:, 1]
    plain_noise = np.array([one.seen[0] > 0 for one in known])
    assert np.median(believed[plain_noise]) > 2 * np.median(believed[~plain_noise])


def test_each_row_is_judged_by_others(known: list[Row]) -> None:
    some = known[:200]
    found = list(held_out(some, steps=20))
    assert sorted(one.photograph for one, _ in found) == list(range(200))
    assert all(((shares >= 0) & (shares <= 1)).all() for _, shares in found)
