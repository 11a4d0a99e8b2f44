from __future__ import annotations

import numpy as np
import pytest

from rcl_cli.raw.cfa import BAYER_PHASES, CFA, mosaic
from rcl_cli.samples.camera import HIGHEST_ISO, SAMPLE_CAMERA, expose

RGGB = CFA.bayer("RGGB")
D65 = np.array([0.95047, 1.0, 1.08883])


@pytest.mark.parametrize("iso", [100.0, 1600.0, HIGHEST_ISO])
@pytest.mark.parametrize("level", [0.0, 0.02, 0.7])
def test_mean_and_variance_are_those_of_the_truth(iso: float, level: float) -> None:
    scene = np.full((400, 400, 3), level, np.float32)
    frame = expose(scene, iso, RGGB, np.random.default_rng(3))
    truth = SAMPLE_CAMERA.noise_profile(iso)
    signal = mosaic(SAMPLE_CAMERA.camera_rgb(scene), RGGB)[:2, :2].reshape(4)
    values = frame.normalized().astype(np.float64)
    for plane, (y, x) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        sample = values[y::2, x::2]
        variance = truth.shot[plane] * signal[plane] + truth.read[plane]
        n = sample.size
        # 4.5 standard errors; the sample variance of (nearly) normal values has a relative one of √(2/n).
        assert abs(sample.mean() - signal[plane]) < 4.5 * np.sqrt(variance / n)
        assert abs(sample.var(ddof=1) / variance - 1) < 4.5 * np.sqrt(2 / n)


def test_noise_of_many_exposures_is_independent_between_pixels_and_shots() -> None:
    scene = np.full((64, 64, 3), 0.4, np.float32)
    rng = np.random.default_rng(0)
    shots = np.stack([expose(scene, 800, RGGB, rng).normalized()[::2, ::2] for _ in range(40)]).astype(np.float64)
    noise = (shots - shots.mean()) / shots.std()
    bound = 5 / np.sqrt(noise.size)
    assert abs((noise[:, 1:] * noise[:, :-1]).mean()) < bound
    assert abs((noise[:, :, 1:] * noise[:, :, :-1]).mean()) < bound
    assert abs((noise[1:] * noise[:-1]).mean()) < bound


def test_noise_around_black_is_not_clipped() -> None:
    frame = expose(np.zeros((200, 200, 3), np.float32), HIGHEST_ISO, RGGB, np.random.default_rng(1))
    assert abs((frame.normalized() < 0).mean() - 0.5) < 0.02
    assert (frame.mosaic == 0).mean() < 1e-3


def test_highlights_stop_at_the_white_level() -> None:
    frame = expose(np.ones((100, 100, 3), np.float32), 3200, RGGB, np.random.default_rng(1))
    assert frame.mosaic.max() == SAMPLE_CAMERA.white_level


def test_white_balance_and_matrix_make_grey_neutral() -> None:
    grey = SAMPLE_CAMERA.camera_rgb(np.full((1, 1, 3), 0.5, np.float32))[0, 0]
    assert grey[0] < grey[1]
    assert grey[2] < grey[1]
    np.testing.assert_allclose(grey * SAMPLE_CAMERA.white_balance, 0.5, rtol=1e-6)
    xyz_to_camera = SAMPLE_CAMERA.metadata(100).xyz_to_camera
    assert xyz_to_camera is not None
    np.testing.assert_allclose(0.5 * xyz_to_camera @ D65, grey, rtol=1e-3)


@pytest.mark.parametrize("cfa", [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(2, 5)], ids=str)
def test_each_pixel_takes_the_colour_of_its_filter(cfa: CFA) -> None:
    rgb = np.random.default_rng(0).random((7, 13, 3)).astype(np.float32)
    expected = [[rgb[y, x, "RGB".index(cfa.rows[y % cfa.period][x % cfa.period])] for x in range(13)] for y in range(7)]
    np.testing.assert_array_equal(mosaic(rgb, cfa), np.array(expected))


def test_the_same_seed_gives_the_same_frame() -> None:
    scene = np.full((20, 30, 3), 0.2, np.float32)
    first, second, other = (expose(scene, 400, RGGB, np.random.default_rng(s)).mosaic for s in (5, 5, 6))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.parametrize("iso", [0.0, 25600.0])
def test_an_iso_the_camera_lacks_is_refused(iso: float) -> None:
    with pytest.raises(ValueError, match="ISO 50 to 12800"):
        expose(np.zeros((4, 4, 3), np.float32), iso, RGGB, np.random.default_rng(0))
