"""Frames as lattices, and which profile a file gets."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.exchange import read_profiles
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.errors import FileError
from rcl_cli.profiles.book import ProfileBook, load_profiles, profile_for, save_profiles, stored_profiles
from rcl_cli.profiles.lattices import labels, lattices
from rcl_cli.profiles.lookup import Lookup
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame

BLACK = (64.0, 65.0, 66.0, 67.0)


@pytest.fixture
def frame() -> RawFrame:
    mosaic = np.random.default_rng(0).integers(60, 1023, (72, 84)).astype(np.uint16)
    return RawFrame(mosaic, CFA.bayer("GBRG"), BLACK, 1023.0, Metadata(make="Made", model="Up", iso=200.0))


def test_bayer_lattices_have_one_filter_and_its_black_level(frame: RawFrame) -> None:
    found = lattices(frame)
    assert sorted(lattice.plane for lattice in found) == [0, 1, 2, 3]
    planes = frame.cfa.planes(*frame.mosaic.shape)
    for lattice in found:
        assert np.sort(lattice.values.ravel()).tolist() == np.sort(frame.mosaic[planes == lattice.plane]).tolist()
        assert (lattice.black, lattice.white) == (BLACK[lattice.plane], 1023.0)


def test_xtrans_lattices_have_one_filter(frame: RawFrame) -> None:
    cfa = CFA.xtrans(1, 2)
    planes = cfa.planes(72, 84).astype(np.uint16)
    found = lattices(replace(frame, mosaic=planes, cfa=cfa))
    assert {lattice.plane for lattice in found} == {0, 1, 3}
    for lattice in found:
        assert (lattice.values == lattice.plane).all()


@pytest.mark.slow
def test_xtrans_noise_is_measured(scene: NDArray[np.float64], sensor: Callable[..., Any]) -> None:
    rng = np.random.default_rng(1)
    cfa = CFA.xtrans()
    picked = np.take_along_axis(scene, cfa.colors(*scene.shape[:2])[..., None].astype(np.intp), axis=2)[..., 0]
    simulated = sensor(2e-3, 1e-5)
    mosaic = simulated.expose(np.repeat(picked[..., None], 3, axis=2), rng)
    frame = RawFrame(mosaic, cfa, (128.0,) * 4, 4095.0)
    profile, *_ = profile_for(frame)
    assert simulated.sigma_error(profile.shot[0], profile.read[0], np.linspace(0.02, 0.8, 40)) < 0.06


def test_rgb_has_three_planes() -> None:
    rgb = np.random.default_rng(2).random((40, 50, 3)).astype(np.float32)
    found = lattices(RgbFrame(rgb, "linear", 16))
    assert [lattice.plane for lattice in found] == [0, 1, 3]
    assert found[0].step == pytest.approx(1 / 65535)
    assert lattices(RgbFrame(rgb, "linear", 32))[0].step == 0


def test_profile_given_then_store_then_tag_then_blind(frame: RawFrame, tmp_path: Path, store: Path) -> None:
    tagged = replace(frame, metadata=replace(frame.metadata, noise_profile=NoiseProfile.uniform(3e-3, 1e-6)))
    profile, source, words = profile_for(frame)
    assert source == "blind"
    assert "blind" in words
    assert profile.method == "blind"

    profile, source, words = profile_for(tagged)
    assert profile.shot[0] == 3e-3
    assert source == "tag"
    assert "own" in words

    calibrated = NoiseProfile.uniform(2e-3, 1e-6, **labels(frame))
    save_profiles(stored_profiles(), [calibrated])
    profile, source, words = profile_for(tagged)
    assert profile == calibrated
    assert source == "calibrated"
    assert "Made Up at ISO 200" in words
    assert profile_for(replace(tagged, white_level=4095.0))[0].shot[0] == 3e-3

    given = tmp_path / "given.json"
    save_profiles(given, [NoiseProfile.uniform(1e-3, 1e-6)])
    assert profile_for(tagged, given=given)[:2] == (NoiseProfile.uniform(1e-3, 1e-6), "given")


def test_a_book_is_read_once_and_between_isos_interpolated(
    frame: RawFrame, tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the store and from a file that is given alike."""
    shots = {100.0: 1e-3, 400.0: 4e-3}
    around = [NoiseProfile.uniform(shot, 1e-6, **labels(frame) | {"iso": iso}) for iso, shot in shots.items()]
    given = tmp_path / "given.json"
    for path in (given, stored_profiles()):
        save_profiles(path, around)
    loads: list[Path] = []

    def counted(path: Path) -> list[NoiseProfile]:
        loads.append(path)
        return read_profiles(path)

    monkeypatch.setattr("rcl_cli.profiles.book.read_profiles", counted)
    for book in (ProfileBook(), ProfileBook(given)):
        for _ in range(3):
            profile, source, words = book.for_frame(frame)
            assert profile.shot[0] == pytest.approx(2e-3)
            assert source == "interpolated"
            assert "interpolated between ISO 100 and 400" in words
        assert book.calibrated(Lookup(camera="Other", iso=200.0)) is None
    assert loads == [store / "profiles.json", given]


@pytest.mark.parametrize(
    ("quality", "width", "source"),
    [("ok", 0.1, "blind"), ("ok", 0.25, "extrapolated"), ("weak", 0.1, "extrapolated")],
)
def test_another_iso_is_asked_where_it_knows_the_noise_better(
    quality: str, width: float, source: str, frame: RawFrame
) -> None:
    """One stop away the camera's law is right to 15 %, and to what its profile is; what was not seen does not count."""
    save_profiles(stored_profiles(), [NoiseProfile.uniform(2e-3, 1e-6, **labels(frame) | {"iso": 400.0})])
    measured = NoiseProfile.uniform(5e-4, 1e-6, quality=quality, **labels(frame))
    inside = [(float(s) * (1 - width), float(s) * (1 + width)) for s in measured.sigma(np.array(SIGMA_X))]
    seen = replace(measured, sigma_ci=((*inside[:-1], (0.0, 1.0)),) * 4, x_range=(0.01, 0.6))
    found = ProfileBook().find(Lookup.of(frame), lambda: seen)
    assert found.source == source
    assert found.profile.shot[0] == pytest.approx(5e-4 if source == "blind" else 1e-3)


def test_what_is_looked_up_by_is_what_the_frame_says(frame: RawFrame) -> None:
    assert Lookup.of(frame).labels == labels(frame)
    assert Lookup.of(frame).words == "Made Up at ISO 200"
    assert Lookup().words == "an unknown camera"


def test_a_file_without_this_camera_is_refused(frame: RawFrame, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    save_profiles(given, [NoiseProfile.uniform(1e-3, 1e-6, camera=name) for name in "ab"])
    with pytest.raises(FileError, match="no profile for Made Up at ISO 200"):
        profile_for(frame, given=given)


def test_saving_merges(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "profiles.json"
    save_profiles(path, [NoiseProfile.uniform(1e-3, 1e-6, camera="A", iso=100.0)])
    save_profiles(path, [NoiseProfile.uniform(2e-3, 1e-6, camera="A", iso=200.0)])
    assert [profile.iso for profile in load_profiles(path)] == [100.0, 200.0]


def test_runs_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"

    def save(iso: int) -> None:
        save_profiles(path, [NoiseProfile.uniform(1e-3, 1e-6, camera="A", iso=float(iso))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(40)))
    assert [profile.iso for profile in load_profiles(path)] == list(range(40))


def test_a_damaged_store_is_named_and_a_damaged_file_that_is_given_is_an_error(
    frame: RawFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "profiles.json"
    path.write_text("{")
    assert profile_for(frame, store=tmp_path).source == "blind"
    assert "profiles.json: cannot be read as noise profiles" in caplog.text
    with pytest.raises(FileError, match=r"profiles\.json: cannot be read as noise profiles"):
        profile_for(frame, given=path)
    with pytest.raises(FileError, match="cannot be read"):
        load_profiles(tmp_path / "missing.json")
