"""Which noise levels are trusted where a picture without one is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.noise_levels import UNKNOWN, NoiseLevels
from rcl_cli.profiles.book import save_profiles, stored_profiles
from rcl_cli.profiles.lookup import Lookup
from rcl_cli.raw.frame import RgbFrame

FRAME = RgbFrame(np.full((8, 8, 3), 0.2, np.float32))


def given(monkeypatch: pytest.MonkeyPatch, profile: NoiseProfile) -> None:
    monkeypatch.setattr("rcl_cli.profiles.book.estimate", lambda lattices, **labels: profile)


def level(levels: NoiseLevels) -> NoiseProfile:
    return levels.choose(Lookup.of(FRAME), lambda: levels.measure(FRAME))


@pytest.mark.parametrize(("quality", "trusted"), [("ok", True), ("unidentifiable", True), ("weak", False)])
def test_a_weak_level_is_not_trusted_unless_levels_are_required(
    monkeypatch: pytest.MonkeyPatch, quality: str, trusted: bool
) -> None:
    profile = NoiseProfile.uniform(0.01, 1e-4, quality=quality)
    given(monkeypatch, profile)
    assert level(NoiseLevels(required=False)) == (profile if trusted else UNKNOWN)
    assert level(NoiseLevels()) == profile


def test_where_a_level_comes_from_is_its_method(tmp_path: Path) -> None:
    lookup = Lookup("One", 100.0)
    profile = NoiseProfile.uniform(0.01, 1e-4, method="blind", camera="One", iso=100.0)
    save_profiles(stored_profiles(tmp_path), [profile])
    save_profiles(tmp_path / "given.json", [profile])

    def method(levels: NoiseLevels, lookup: Lookup) -> str:
        return levels.choose(lookup, lambda: NoiseProfile.uniform(0.02, 1e-4, method="blind")).method

    assert method(NoiseLevels(store=tmp_path), lookup) == "calibrated"
    assert method(NoiseLevels(given=tmp_path / "given.json"), lookup) == "given"
    assert method(NoiseLevels(store=tmp_path), Lookup("Two", 100.0)) == "blind"


def test_a_picture_without_a_level_is_kept_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = NoiseProfile.uniform(0.0, 0.0, quality="unidentifiable", reason="too dark")
    given(monkeypatch, nothing)
    kept = level(NoiseLevels(required=False))
    assert not kept.any_noise
    with pytest.raises(ValueError, match="too dark"):
        level(NoiseLevels())
