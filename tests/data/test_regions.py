from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rcl_cli.data.regions import RegionPlan, cut_regions, packed_frame, plan_regions, with_noise
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.noise import SigmaNoise
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame

COLOURS = {0: 100, 1: 200, 2: 200, 3: 300}


def raw_frame(cfa: CFA, height: int, width: int) -> RawFrame:
    """A flat frame: R 100, G 200, B 300 DN."""
    planes = cfa.planes(height, width)
    mosaic: NDArray[np.uint16] = np.vectorize(COLOURS.get)(planes).astype(np.uint16)
    return RawFrame(mosaic, cfa, (0.0, 0.0, 0.0, 0.0), 1000.0)


@pytest.mark.parametrize("cfa", [CFA.bayer(p) for p in ("RGGB", "GRBG", "GBRG", "BGGR")] + [CFA.xtrans(1, 2)])
def test_packed_frames_are_canonical_and_hold_no_padding(cfa: CFA) -> None:
    planes = packed_frame(raw_frame(cfa, 37, 43))
    assert planes.shape[1] * cfa.domain.pixels <= 37
    assert planes.shape[2] * cfa.domain.pixels <= 43
    expected = np.array([COLOURS[p] / 1000 for p in cfa.domain.noise_planes], np.float32)
    np.testing.assert_allclose(planes, np.broadcast_to(expected[:, None, None], planes.shape))


def test_rgb_frames_keep_their_size() -> None:
    assert packed_frame(RgbFrame(np.zeros((5, 7, 3), np.float32))).shape == (3, 5, 7)


def test_regions_fill_their_share_and_no_more() -> None:
    plan = RegionPlan(least_side=8, share=4 * 3 * 16 * 16 * 5, side=16)
    planes = np.random.default_rng(0).random((3, 100, 100), np.float32)
    regions = cut_regions(planes, Domain.RGB, plan, torch.Generator().manual_seed(0))
    assert regions.shape == (5, 3, 16, 16)
    assert np.isin(regions, planes).all()


def test_a_small_share_gives_a_smaller_region_and_a_small_picture_fewer() -> None:
    assert RegionPlan(8, 3 * 4 * 12 * 12, 256).count_and_side(3, 500, 500) == (1, 12, 12)
    assert RegionPlan(8, 10**8, 256).count_and_side(3, 100, 300) == (2, 100, 256)


def test_a_picture_smaller_than_a_crop_is_refused_in_pixels() -> None:
    plan = RegionPlan(least_side=32, share=10**6)
    with pytest.raises(ValueError, match="smaller than 64×64 pixels"):
        cut_regions(np.zeros((4, 31, 60), np.float32), Domain.BAYER, plan, torch.Generator())


def test_simulated_noise_is_one_profile_of_the_range() -> None:
    plan = RegionPlan(least_side=64, share=10**7, noise=SigmaNoise(10, 10))
    white = np.ones((1, 3, 200, 200), np.float32)
    regions, profile = with_noise(white, Domain.RGB, plan, torch.Generator().manual_seed(0))
    assert (regions - 1).std() * 255 == pytest.approx(10, rel=0.02)
    assert profile is not None
    assert profile.sigma(1.0) * 255 == pytest.approx(10)


def test_kept_clean_pictures_only_get_a_profile() -> None:
    plan = RegionPlan(least_side=8, share=10**5, noise=SigmaNoise(10, 10), keep_clean=True)
    white = np.ones((1, 3, 20, 20), np.float32)
    regions, profile = with_noise(white, Domain.RGB, plan, torch.Generator().manual_seed(0))
    assert (regions == 1).all()
    assert profile is not None
    assert with_noise(white, Domain.RGB, RegionPlan(8, 10**5), torch.Generator())[1] is None


def test_a_plan_stays_the_same_for_a_few_pictures_more() -> None:
    assert plan_regions(300, 10**9, 96) == plan_regions(310, 10**9, 96)
    assert plan_regions(300, 10**9, 96).share * 300 <= 10**9


def test_a_cache_too_small_for_one_region_each_says_how_much_is_needed() -> None:
    with pytest.raises(RclError, match="--cache-size of at least 53M") as error:
        plan_regions(100, 10**6, 96)
    needed = int(str(error.value).rpartition(" ")[2].removesuffix("M")) * 10**6
    assert plan_regions(100, needed, 96).share >= Domain.XTRANS.channels * 96**2 * 4
