from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.pack import pack
from rcl_cli.raw.turn import ALL_TURNS, UPRIGHT, Turn

SIZES = [(12, 18), (13, 18), (12, 19), (13, 17)]
PATTERNS = [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(2, 5)]
by_turn = pytest.mark.parametrize("turn", ALL_TURNS, ids=str)


@by_turn
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_back_is_the_inverse(turn: Turn, shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    assert np.array_equal(turn.back(turn.of(pixels)), pixels)


def test_the_eight_are_different_and_the_first_is_upright() -> None:
    square = np.arange(9, dtype=np.float32).reshape(3, 3)
    assert len({turn.of(square).tobytes() for turn in ALL_TURNS}) == 8
    assert ALL_TURNS[:1] == UPRIGHT
    assert np.array_equal(UPRIGHT[0].of(square), square)


@by_turn
@pytest.mark.parametrize("cfa", PATTERNS, ids=lambda cfa: "/".join(cfa.rows))
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_pixel_keeps_its_filter(turn: Turn, cfa: CFA, size: tuple[int, int]) -> None:
    p = cfa.period
    filters = np.array([[cfa.rows[y % p][x % p] for x in range(size[1])] for y in range(size[0])])
    turned, pattern = turn.of(filters), turn.cfa(cfa, *size)
    expected = [[pattern.rows[y % p][x % p] for x in range(turned.shape[1])] for y in range(turned.shape[0])]
    assert turned.tolist() == expected


@by_turn
def test_the_noise_of_each_green_goes_with_it(turn: Turn) -> None:
    # Each pixel's value tells its plane: R 0, Gr 1, Gb 2, B 3.
    mosaic = np.tile(np.array([[0, 1], [2, 3]], np.float32), (4, 4))
    profile = NoiseProfile((0.0, 1.0, 2.0, 3.0), (0.0, 1.0, 2.0, 3.0))
    planes, _ = pack(turn.of(mosaic), turn.cfa(CFA.bayer("RGGB"), 8, 8))
    inside = planes[:, 2, 2]
    turned = turn.profile(profile)
    assert [turned.shot[p] for p in Domain.BAYER.noise_planes] == inside.tolist()
    assert turned.read == turned.shot
