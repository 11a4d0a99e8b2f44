"""The NoiseProfile tag, there and back."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.dng.noise_tag import noise_entry, noise_profile
from rcl_cli.raw.tags.ifd import HEADER, directory
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags

LAMBDA = st.floats(0, 1, allow_subnormal=False)
PLANES = st.tuples(LAMBDA, LAMBDA, LAMBDA, LAMBDA)
X = np.linspace(0, 1, 9)


@given(PLANES, PLANES)
def test_a_written_tag_is_read_as_the_same_noise(
    shot: tuple[float, float, float, float], read: tuple[float, float, float, float]
) -> None:
    """Through the bytes of a file; red and blue exactly, the two greens as their mean variance."""
    profile = NoiseProfile(shot, read)
    block = HEADER + directory([noise_entry(profile)], len(HEADER))
    found = noise_profile(read_tiff_tags(BytesIO(block)), camera="One", iso=100.0)
    assert found is not None
    assert (found.camera, found.iso, found.method) == ("One", 100.0, "DNG NoiseProfile")
    for plane in (0, 3):
        assert (found.sigma(X, plane) == profile.sigma(X, plane)).all()
    green = (profile.sigma(X, 1) ** 2 + profile.sigma(X, 2) ** 2) / 2
    for plane in (1, 2):
        np.testing.assert_allclose(found.sigma(X, plane) ** 2, green, rtol=1e-12, atol=1e-300)
    # A second time nothing changes any more.
    assert found.to_dng() == profile.to_dng()


@given(st.lists(LAMBDA, min_size=2, max_size=8), st.sampled_from([2, 6, 8]))
def test_one_three_or_four_pairs_are_read(numbers: list[float], count: int) -> None:
    numbers = (numbers * 8)[:count]
    found = noise_profile(TiffTags({"NoiseProfile": tuple(numbers)}))
    assert found is not None
    pair_of = {2: (0, 0, 0, 0), 6: (0, 1, 1, 2), 8: (0, 1, 2, 3)}[count]
    for plane, pair in enumerate(pair_of):
        assert (found.shot[plane], found.read[plane]) == (numbers[2 * pair], numbers[2 * pair + 1])


@pytest.mark.parametrize(
    "numbers",
    [(), (1.0,), (1.0,) * 4, (1.0,) * 10, (-1.0, 1.0), (np.nan, 1.0), "text", (1.0, np.inf), (4.2, 0.1), (1e-3, 96.0)],
)
def test_what_no_noise_has_counts_as_no_tag(numbers: object) -> None:
    assert noise_profile(TiffTags({"NoiseProfile": numbers})) is None
