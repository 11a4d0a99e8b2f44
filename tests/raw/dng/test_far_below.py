"""Raws whose values lie far below their black level, and those whose values may."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.read import read_frame
from tests.raw.dng.dng_files import Tag, numbers, write_dng_file

SHAPE = (50, 62)
BLACK, WHITE_LEVEL = 50714, 50717
RGGB = CFA.bayer("RGGB")


@pytest.mark.parametrize(
    ("samples", "tags", "word"),
    [
        (4, [], "holds 4 values a pixel"),
        (3, [numbers(BLACK, 15000), numbers(WHITE_LEVEL, 16383)], "a black level of 15000, but nearly all"),
    ],
)
def test_a_linear_raw_that_cannot_be_used_is_refused(samples: int, tags: list[Tag], word: str, tmp_path: Path) -> None:
    write_dng_file(tmp_path / "a.dng", np.full((*SHAPE, samples), 2000, np.uint16), *tags)
    with pytest.raises(FileError, match=word):
        read_frame(tmp_path / "a.dng")


@pytest.mark.parametrize("cfa", [RGGB, None])
def test_a_frame_with_the_lens_cap_on_is_read_half_of_it_below_black(cfa: CFA | None, tmp_path: Path) -> None:
    shape = SHAPE if cfa else (*SHAPE, 3)
    noise = np.random.default_rng(0).normal(0, 800, shape)  # 5 % of the range: more than sensors have at any ISO
    tags = [numbers(BLACK, 2048), numbers(WHITE_LEVEL, 16383)]
    write_dng_file(tmp_path / "a.dng", np.rint(noise + 2048).clip(0).astype(np.uint16), *tags, cfa=cfa)
    below = np.mean(read_frame(tmp_path / "a.dng").normalized() < 0)
    assert below == pytest.approx(0.5, abs=0.03)
