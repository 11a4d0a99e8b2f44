"""What checks the believed texture, and how far it may correct the noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_benchmark.calibration.draws import draw
from rcl_benchmark.calibration.pictures import Scenes
from rcl_benchmark.calibration.simulate import clean_mosaic, expose
from rcl_calibration.fit import fit_bins
from rcl_calibration.leftover import COEFFICIENTS, FEATURES, MOST, XTRANS_COEFFICIENTS, features, too_much
from rcl_calibration.samples import Lattice
from rcl_calibration.single_image import Measurement, measure
from rcl_calibration.spectrum import correlated_images
from rcl_cli.profiles.lattices import close_lattices

SHOT, READ = 4e-3, 2e-5


def _measured(smoothing: int = 1) -> Measurement:
    """Of a ramp of brightness without texture, and noise that `smoothing` lets go over into the next pixels."""
    rng = np.random.default_rng(1)
    scene = np.tile(np.linspace(0.03, 0.7, 720), (480, 1))
    noise = np.sqrt(SHOT * scene + READ) * rng.standard_normal(scene.shape)
    if smoothing > 1:
        noise = np.mean([np.roll(noise, 2 * shift, 1) for shift in range(smoothing)], axis=0)
    raw = np.rint(512 + 15000 * (scene + noise))
    places = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)]
    return measure([Lattice(raw[y::2, x::2], p, 512, 15512, offset=(y / 2, x / 2)) for y, x, p in places])


@pytest.fixture(scope="module")
def measured() -> Measurement:
    return _measured()


def test_each_feature_has_a_coefficient(measured: Measurement) -> None:
    seen, error = features(measured.bins, measured.fit)
    assert seen.shape == (measured.bins.x.size, len(FEATURES)) == (error.size, len(COEFFICIENTS))


def test_those_of_xtrans_are_of_what_it_shows(measured: Measurement) -> None:
    """Features without traces come first, and do not depend on them."""
    seen, _ = features(measured.bins, measured.fit)
    untraced, _ = features(replace(measured.bins, traces=0 * measured.bins.traces), measured.fit)
    first = len(XTRANS_COEFFICIENTS)
    assert seen[:, :first] == pytest.approx(untraced[:, :first])
    assert (seen[:, first:] != untraced[:, first:]).any(axis=0).all()


def test_a_picture_without_texture_is_left_as_it_is(measured: Measurement) -> None:
    assert np.abs(measured.bins.too_much).max() < 0.02
    assert measured.fit.noise.shot == pytest.approx(SHOT, rel=0.03)


def test_features_of_flat_bins_are_chance(measured: Measurement) -> None:
    """All but the one that is always there, and those that were told to be texture themselves."""
    seen, error = features(measured.bins, measured.fit)
    assert (seen[:, 0] == 1).all()
    assert np.abs(np.median(seen[:, 1:] / error[:, None], axis=0)).max() < 3


def test_a_correction_is_held_to_its_error(measured: Measurement) -> None:
    _, error = features(measured.bins, measured.fit)
    assert np.abs(too_much(measured.bins, measured.fit, (1e6,) * len(FEATURES))) == pytest.approx(MOST * error)


def test_correlated_noise_is_not_corrected() -> None:
    smooth = _measured(smoothing=2)
    assert correlated_images(smooth.bins).all()
    assert not smooth.bins.too_much.any()


def test_nothing_is_known_of_what_was_not_fitted(measured: Measurement) -> None:
    unused = replace(measured.fit, weight=np.zeros_like(measured.fit.weight))
    assert not too_much(measured.bins, unused).any()


def test_xtrans_is_corrected_by_its_own_numbers() -> None:
    rng = np.random.default_rng(3)
    exposure = replace(draw("sensor", rng), phase="X-Trans")
    frame = expose(clean_mosaic(Scenes(360, 3).get(0), exposure), exposure, rng)
    found = measure(close_lattices(frame))
    plain = replace(found.bins, too_much=np.zeros_like(found.bins.x))
    fit = fit_bins(plain, found.clippings, found.fit.noise)
    assert found.bins.too_much.any()
    assert found.bins.too_much == pytest.approx(too_much(plain, fit, XTRANS_COEFFICIENTS), rel=0.2, abs=0.003)


def test_other_patterns_are_not_corrected() -> None:
    rng = np.random.default_rng(2)
    planes = [np.sqrt(SHOT * 0.2) * rng.standard_normal((240, 360)) + np.linspace(0.1, 0.3, 360) for _ in range(3)]
    measured = measure([Lattice(values, p, step=0.0) for values, p in zip(planes, (0, 1, 3), strict=True)])
    assert not measured.bins.too_much.any()
