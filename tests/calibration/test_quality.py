"""What makes a profile weak, and what texture must not be taken for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rcl_calibration.profile import SIGMA_X
from rcl_calibration.quality import Evidence, verdict

GOOD = Evidence(
    blocks=2000,
    texture=0.0,
    shared=0.0,
    correlation=1.0,
    uneven=0.0,
    still=0.0,
    clipped=0.0,
    rounding=0.0,
    gaps=0.0,
    levels=4000,
    constant=0.0,
    row_noise=0.0,
    column_noise=0.0,
    x_range=(0.0, 1.0),
    sigma_ci=((0.0099, 0.0101),) * len(SIGMA_X),
)
PROCESSING = ("denoised", "compressed", "resized", "sharpened")


def _names_processing(reason: str) -> bool:
    return any(word in reason for word in PROCESSING)


def test_white_noise_without_texture_is_ok() -> None:
    assert verdict(GOOD) == ("ok", "")


@pytest.mark.parametrize("change", [{"correlation": 1.4}, {"correlation": 0.5}, {"uneven": 0.8}, {"still": 0.5}])
def test_processing_is_named(change: dict[str, Any]) -> None:
    for texture in (0.0, 0.05):
        quality, reason = verdict(replace(GOOD, texture=texture, **change))
        assert quality == "weak"
        assert _names_processing(reason)


@pytest.mark.parametrize("change", [{}, {"correlation": 1.6}, {"correlation": 0.5}, {"uneven": 0.8}])
def test_texture_is_named_as_texture_only(change: dict[str, Any]) -> None:
    quality, reason = verdict(replace(GOOD, texture=0.3, shared=0.3, **change))
    assert quality == "weak"
    assert "texture" in reason
    assert not _names_processing(reason)


def test_noise_is_called_correlated_beside_some_texture() -> None:
    """As in enlarged pictures: little noise is left in the finest detail, so that lattices share more of it."""
    textured = replace(GOOD, texture=0.06, shared=0.2)
    assert verdict(replace(textured, correlation=1.15)) == ("ok", "")
    assert "correlated" in verdict(replace(textured, correlation=1.3))[1]


def test_noise_much_more_uneven_than_texture_makes_it_is_still_named() -> None:
    _, reason = verdict(replace(GOOD, texture=0.15, uneven=2.0))
    assert "uneven" in reason


def test_few_blocks_and_a_narrow_range_are_unidentifiable() -> None:
    assert verdict(replace(GOOD, blocks=10))[0] == "unidentifiable"
    wide = ((0.001, 0.01), *GOOD.sigma_ci[1:])
    quality, reason = verdict(replace(GOOD, x_range=(0.1, 1.0), sigma_ci=wide))
    assert quality == "unidentifiable"
    assert "from 0.100 to 1.000" in reason
