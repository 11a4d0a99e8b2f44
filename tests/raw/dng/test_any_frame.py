"""Any frame that can be written as a DNG is read back as it was: properties, not examples."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.read import read_frame

ANY_CFA = [CFA.bayer(phase) for phase in BAYER_PHASES] + [CFA.xtrans(y, x) for y in range(6) for x in range(6)]
_names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    cfa=st.sampled_from(ANY_CFA),
    height=st.integers(24, 70),
    width=st.integers(24, 70),
    black=st.integers(0, 600),
    white=st.integers(1000, 65535),
    iso=st.none() | st.integers(25, 65000),
    orientation=st.sampled_from([1, 3, 6, 8]),
    model=_names,
    noise=st.none() | st.tuples(st.floats(1e-6, 1), st.floats(1e-9, 1)),
    seed=st.integers(0, 99),
)
def test_a_frame_comes_back(
    cfa: CFA, height: int, width: int, black: int, white: int, iso: int | None, orientation: int, model: str,
    noise: tuple[float, float] | None, seed: int,
) -> None:  # fmt: skip
    mosaic = np.random.default_rng(seed).integers(1, white, (height, width)).astype(np.uint16)
    profile = None if noise is None else NoiseProfile.uniform(*noise)
    metadata = Metadata(make="Tester", model=model, iso=iso, orientation=orientation, noise_profile=profile)
    written = RawFrame(mosaic, cfa, (float(black),) * 4, float(white), metadata)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.dng"
        write_dng(path, written)
        read = read_frame(path)
    assert isinstance(read, RawFrame)
    assert np.array_equal(read.mosaic, mosaic)
    assert (read.cfa, read.black_level, read.white_level) == (cfa, written.black_level, written.white_level)
    assert (read.metadata.iso, read.metadata.orientation) == (iso, orientation)
    assert np.array_equal(read.normalized(), written.normalized())
    found = read.metadata.noise_profile
    assert (found is None) == (noise is None)
    if found is not None and noise is not None:
        assert found.shot + found.read == pytest.approx((noise[0],) * 4 + (noise[1],) * 4)
