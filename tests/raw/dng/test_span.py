"""Levels between which nothing fits are refused, not divided by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.read import read_frame

from .dng_files import fractions, numbers, write_dng_file


@pytest.mark.parametrize("cfa", [CFA.bayer("RGGB"), None])
def test_black_that_is_all_but_white_is_refused(cfa: CFA | None, tmp_path: Path) -> None:
    shape = (32, 40) if cfa is not None else (32, 40, 3)
    values = np.random.default_rng(0).integers(100, 4000, shape).astype(np.uint16)
    samples = 1 if cfa is not None else 3
    tags = [fractions(50714, *[999.9999999] * samples), numbers(50717, *[1000] * samples)]
    write_dng_file(tmp_path / "a.dng", values, *tags, cfa=cfa)
    with pytest.raises(FileError, match=r"white level of 1000 at a black level of 1000"):
        read_frame(tmp_path / "a.dng")
