"""The methods: samples stay in place, plain pictures stay plain, and each does about what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_benchmark.quality.inputs import Noisy, sample
from rcl_benchmark.quality.methods import Tools, methods, possible
from rcl_benchmark.quality.mosaics import NO_NOISE, Mosaic, exposed, noise_of, sensor_noise
from rcl_benchmark.quality.names import INPUT, METHODS, PROTOCOLS, base
from rcl_benchmark.quality.peers import classical, enlarge, filters
from rcl_benchmark.quality.peers.demosaicnet import demosaicnet, weights_file
from rcl_benchmark.quality.peers.libraw import developed
from rcl_benchmark.quality.peers.phases import continued
from rcl_benchmark.quality.pictures import Float, Picture
from rcl_benchmark.quality.settings import Setting, settings
from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import CFA, canonical, mosaic

from ...needs import BM3D, COLOUR, PILLOW, SKIMAGE

Psnr = Callable[[Float, Float], float]
BAYER, XTRANS = CFA.bayer("RGGB"), CFA.xtrans()


def clean_mosaic(v: Float, cfa: CFA, *, coded: bool = True) -> Mosaic:
    return exposed(mosaic(v, cfa), cfa, NO_NOISE, noise_of("a", 0.0), coded=coded)


@pytest.mark.parametrize(("before", "after"), [(0, (5, 7)), (12, (3, 0)), (37, (14, 9))])
@pytest.mark.parametrize("cfa", [BAYER, XTRANS], ids=["bayer", "xtrans"])
def test_a_continued_mosaic_keeps_its_pattern(cfa: CFA, before: int, after: tuple[int, int]) -> None:
    colors = cfa.colors(26, 20)
    grown = continued(colors, cfa.period, before, after)
    expected = cfa.shifted(-before, -before).colors(26 + before + after[0], 20 + before + after[1])
    np.testing.assert_array_equal(grown, expected)
    np.testing.assert_array_equal(grown[before : before + 26, before : before + 20], colors)


@pytest.mark.parametrize(
    ("cfa", "algorithm"), [(XTRANS, "AHD"), *((BAYER, name) for name in ("AHD", "AAHD", "DHT", "VNG", "PPG", "DCB"))]
)
def test_libraw_gives_back_the_samples(v: Float, cfa: CFA, algorithm: str) -> None:
    # Dim, so that LibRaw would brighten it if it could.
    frame = clean_mosaic(v / np.float32(3), cfa).frame
    rgb = developed(frame, algorithm)
    assert rgb.shape == v.shape
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_array_equal(mosaic(rgb.astype(np.float32), cfa)[inner], frame.mosaic[inner])


@pytest.mark.parametrize("cfa", [BAYER, XTRANS], ids=["bayer", "xtrans"])
@pytest.mark.parametrize("coded", [True, False])
def test_formulas_keep_samples_and_lie_on_the_picture(v: Float, cfa: CFA, coded: bool, psnr: Psnr) -> None:
    given = clean_mosaic(v, cfa, coded=coded)
    for method in (classical.bilinear, classical.soft_directional):
        rgb = method(given)
        np.testing.assert_allclose(mosaic(rgb, cfa), given.values, atol=1e-5)
        assert psnr(rgb[8:-8, 8:-8], v[8:-8, 8:-8]) > 20


def test_opencv_has_the_colours_in_their_order(v: Float, psnr: Psnr) -> None:
    rgb = classical.opencv_edge_aware(clean_mosaic(v, BAYER))
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(mosaic(rgb, BAYER)[inner], mosaic(v, BAYER)[inner], atol=2 / 65535)
    assert psnr(rgb[inner], v[inner]) > 20


@COLOUR
@pytest.mark.realdata
@pytest.mark.slow
def test_menon_and_malvar_are_better_than_bilinear(realdata: Path, psnr: Psnr) -> None:
    reference = np.load(realdata / "reference" / "demosaic" / "lighthouse_rggb.npz")
    values, truth = (reference[name].astype(np.float32)[:256, :256] for name in ("cfa", "ground_truth"))
    given = exposed(values, BAYER, NO_NOISE, noise_of("a", 0.0), coded=True)
    inner = np.s_[16:-16, 16:-16]
    found = [psnr(m(given)[inner], truth[inner]) for m in (classical.bilinear, classical.malvar, classical.menon)]
    assert found == sorted(found)
    # An independent result of the same method, of the whole picture.
    difference = classical.menon(given)[inner] - reference["menon2007"][:256, :256][inner]
    # Rounding to DN turns a few decisions for a direction round.
    assert np.quantile(np.abs(difference), 0.999) < 1e-4


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_demosaicnet_is_as_good_as_published(realdata: Path, domain: Domain, psnr: Psnr) -> None:
    stored = cv2.imread(str(realdata / "reference" / "demosaicnet" / "test_input.png"))
    assert stored is not None
    v = (stored[..., ::-1] / 255).astype(np.float32)
    rgb = demosaicnet(clean_mosaic(v, canonical(domain)), weights_file(realdata, domain))
    inner = np.s_[8:-8, 8:-8]
    assert psnr(np.clip(rgb, 0, 1)[inner], v[inner]) > 35


@PILLOW
@pytest.mark.parametrize("method", [enlarge.bicubic, enlarge.lanczos])
def test_enlarging_keeps_constants_and_slopes(method) -> None:
    assert method(np.full((8, 8, 3), 0.4, np.float32)) == pytest.approx(0.4)
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32)[:, None, None], (16, 8, 3))
    # Pixel i of the large picture lies at (i + ½)/2 − ½ of the small one.
    np.testing.assert_allclose(method(ramp)[8:-8, 0, 0], (np.arange(32) / 2 - 0.25)[8:-8], atol=0.02)


@BM3D
@COLOUR
@pytest.mark.slow
@pytest.mark.parametrize("method", [filters.menon_cbm3d, filters.bm3d_menon])
def test_noise_of_a_plain_picture_is_removed_without_a_shift(method: Callable[[Mosaic], Float]) -> None:
    noise = sensor_noise(1e-2)
    given = exposed(np.full((48, 48), 0.2, np.float32), BAYER, noise, noise_of("a", 1e-2))
    expected = 0.48452920448170694  # 0.2, sRGB-coded
    result = method(given)
    assert result.shape == (48, 48, 3)
    assert result.mean() == pytest.approx(expected, abs=0.01)
    assert result.std() < 0.02


@BM3D
@pytest.mark.slow
def test_planes_alone_lose_their_noise(psnr: Psnr) -> None:
    clean = np.full((48, 48), 0.2, np.float32)
    given = exposed(clean, BAYER, sensor_noise(1e-2), noise_of("a", 1e-2))
    assert psnr(filters.bm3d_planes(given), clean) > psnr(given.values, clean) + 8


@SKIMAGE
def test_non_local_means_removes_noise(psnr: Psnr) -> None:
    clean = np.full((48, 48, 3), 0.5, np.float32)
    noisy = Noisy((clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)).astype(np.float32), 0.1)
    assert psnr(filters.non_local_means(noisy), clean) > psnr(noisy.values, clean) + 10
    assert filters.robust_sigma(noisy.values) == pytest.approx(0.1, rel=0.2)  # of 24² means


@pytest.mark.realdata
def test_every_method_has_a_name_and_every_name_a_method(realdata: Path) -> None:
    tools = Tools(realdata, "cpu")
    found = {base(method.name) for setting in settings(PROTOCOLS) for method in possible(setting, tools)}
    assert found == set(METHODS)


@pytest.mark.slow
def test_all_results_of_a_setting_lie_on_the_truth(picture: Picture, pairs: Path) -> None:
    shots = Picture(pairs / "a_real.png", "shots", pairs / "a_mean.png")
    tools = Tools(None, "cpu")
    for setting in settings(PROTOCOLS):
        given = sample(setting, shots if setting.protocol == "real" else picture, None)
        for method in methods(setting, tools):
            if "bm3d" not in method.name:  # slow
                assert method.run(given.given).shape == given.truth.shape, (setting, method.name)


def test_the_input_of_a_denoiser_is_what_was_given(picture: Picture) -> None:
    setting = Setting("denoise-rgb", "", "rgb", 25.0)
    given = sample(setting, picture, None)
    result = next(method for method in methods(setting, Tools(None, "cpu")) if method.name == INPUT).run(given.given)
    # 64 · 72 · 3 samples know a variance to 1.2 %.
    assert (result - given.truth).std() * 255 == pytest.approx(25, rel=0.03)
    assert result.min() < 0
