"""Packing: every phase reaches the canonical one, colours stay pure, nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import BAYER_PHASES, CFA, XTRANS_ROWS
from rcl_cli.raw.pack import pack, pack_rgb, unpack

ANY_CFA = [CFA.bayer(phase) for phase in BAYER_PHASES] + [CFA.xtrans(y, x) for y in range(6) for x in range(6)]
COLOUR_OF_PLANE = {Domain.BAYER: [0, 1, 1, 2], Domain.XTRANS: [0, 0, 1, 1, 1, 1, 1, 2, 2]}


@pytest.mark.slow
@settings(max_examples=300)
@given(
    cfa=st.sampled_from(ANY_CFA),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    multiple=st.sampled_from([1, 2, 3, 8]),
    seed=st.integers(0, 99),
)
def test_unpack_restores_every_pixel(cfa: CFA, height: int, width: int, multiple: int, seed: int) -> None:
    mosaic = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    planes, placement = pack(mosaic, cfa, multiple)
    assert planes.dtype == np.float32
    assert planes.shape[0] == cfa.domain.channels
    assert planes.shape[1] % multiple == planes.shape[2] % multiple == 0
    assert np.array_equal(unpack(planes, placement), mosaic)
    assert placement.cfa() == cfa


@pytest.mark.parametrize("cfa", ANY_CFA, ids=lambda cfa: "/".join(cfa.rows))
@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 8), (23, 30)])
def test_each_plane_holds_one_colour_padding_included(cfa: CFA, height: int, width: int) -> None:
    planes, _ = pack(cfa.colors(height, width).astype(np.float32), cfa, 4)
    for plane, colour in zip(planes, COLOUR_OF_PLANE[cfa.domain], strict=True):
        assert (plane == colour).all()


@pytest.mark.parametrize("phase", BAYER_PHASES)
def test_gr_and_gb_are_told_apart(phase: str) -> None:
    cfa = CFA.bayer(phase)
    planes, _ = pack(cfa.planes(5, 7).astype(np.float32), cfa)
    assert [np.unique(plane).tolist() for plane in planes] == [[0], [1], [2], [3]]


def test_a_canonical_mosaic_is_only_rearranged() -> None:
    mosaic = np.arange(16, dtype=np.float32).reshape(4, 4)
    planes, placement = pack(mosaic, CFA.bayer("RGGB"))
    assert np.array_equal(planes[1], [[1, 3], [9, 11]])
    assert (placement.top, placement.left) == (0, 0)


def test_xtrans_elements_follow_the_pattern_pixel_by_pixel() -> None:
    mosaic = np.arange(144, dtype=np.float32).reshape(12, 12)
    planes, _ = pack(mosaic, CFA.xtrans())
    for row in range(4):
        for column in range(4):
            y, x = 3 * row, 3 * column
            block = [(y + i, x + j) for i in range(3) for j in range(3)]
            for colour, of_colour in (("R", planes[:2]), ("G", planes[2:7]), ("B", planes[7:])):
                expected = {mosaic[p] for p in block if XTRANS_ROWS[p[0] % 6][p[1] % 6] == colour}
                assert set(of_colour[:, row, column]) == expected


def test_one_row_of_padding_mirrors_about_the_edge() -> None:
    mosaic = np.random.default_rng(0).normal(size=(5, 5)).astype(np.float32)
    planes, placement = pack(mosaic, CFA.bayer("BGGR"))
    canonical, _ = pack(np.pad(mosaic, ((1, 0), (1, 0)), mode="reflect"), CFA.bayer("RGGB"))
    assert (placement.top, placement.left) == (1, 1)
    assert np.array_equal(planes, canonical)


def test_padding_repeats_the_nearest_pixel_of_the_same_phase() -> None:
    mosaic = np.arange(4, dtype=np.float32).reshape(1, 4)
    planes, _ = pack(np.repeat(mosaic, 2, axis=0), CFA.bayer("RGGB"), 4)
    assert planes[0, 0].tolist() == [0, 2, 2, 2]
    assert planes[1, 0].tolist() == [1, 3, 3, 3]


@pytest.mark.parametrize("cfa", [CFA.bayer("GBRG"), CFA.xtrans(2, 5)], ids=["Bayer", "X-Trans"])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_results_at_a_higher_resolution_are_cut_to_the_image(cfa: CFA, scale: int) -> None:
    mosaic = np.random.default_rng(1).normal(size=(11, 14)).astype(np.float32)
    planes, placement = pack(mosaic, cfa, 2)
    sensor = cfa.domain.pixels
    padded = np.zeros((planes.shape[1] * sensor, planes.shape[2] * sensor), np.float32)
    padded[placement.top : placement.top + 11, placement.left : placement.left + 14] = mosaic
    enlarged = padded.repeat(scale, axis=0).repeat(scale, axis=1)
    cropped = placement.crop(np.stack([enlarged] * 3), scale)
    assert cropped.shape == (3, 11 * scale, 14 * scale)
    assert np.array_equal(cropped[0, ::scale, ::scale], mosaic)


@pytest.mark.parametrize("cfa", [CFA.bayer("GBRG"), CFA.xtrans(2, 5)], ids=["Bayer", "X-Trans"])
def test_a_mosaic_unpacked_at_twice_the_size_has_the_pattern_it_claims(cfa: CFA) -> None:
    planes, placement = pack(np.zeros((12, 18), np.float32), cfa, 2)
    colours = np.array(COLOUR_OF_PLANE[cfa.domain], np.float32)[:, None, None]
    twice = np.broadcast_to(colours, (len(colours), 2 * planes.shape[1], 2 * planes.shape[2]))
    mosaic = unpack(twice, placement, scale=2)
    assert mosaic.shape == (24, 36)
    assert np.array_equal(mosaic, placement.cfa(scale=2).colors(24, 36))


def test_rgb_is_padded_by_its_edge() -> None:
    rgb = np.random.default_rng(2).normal(size=(5, 6, 3)).astype(np.float32)
    planes, placement = pack_rgb(rgb, 4)
    assert planes.shape == (3, 8, 8)
    assert np.array_equal(placement.crop(planes), rgb.transpose(2, 0, 1))
    assert np.array_equal(planes[:, 7, 7], rgb[4, 5])
    with pytest.raises(ValueError, match="no colour filter"):
        placement.cfa()
