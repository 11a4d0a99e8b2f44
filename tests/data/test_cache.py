from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rcl_calibration.exchange import profiles_text, read_profiles
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.cache import CachedPicture, RegionCache
from rcl_cli.data.noise_levels import NoiseLevels
from rcl_cli.data.regions import RegionPlan
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.noise import SigmaNoise
from rcl_cli.profiles.book import blind_estimate, save_profiles
from rcl_cli.raw.frame import Frame, Metadata, RgbFrame

PLAN = RegionPlan(least_side=8, share=4 * 3 * 16 * 16, side=16)


class Reader:
    """Decodes any file as noise, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, path: Path, *, linear: bool = False) -> Frame:
        self.calls += 1
        self.linear = linear
        if path.name == "bad":
            raise FileError(path, "is bad")
        rgb = np.random.default_rng(len(path.name)).random((40, 40, 3), np.float32)
        return RgbFrame(rgb, metadata=Metadata(make="Acme", model="One"))


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        path = tmp_path / name
        path.write_text("content")
        return path

    return make


def test_a_picture_is_decoded_once_and_read_back_the_same(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    reader = Reader()
    path = picture("a")
    first = RegionCache(tmp_path / "cache", reader).picture(path, PLAN)
    again = RegionCache(tmp_path / "cache", reader).picture(path, PLAN)
    assert reader.calls == 1
    assert (first.domain, first.camera, first.regions.shape) == (Domain.RGB, "Acme One", (1, 3, 16, 16))
    np.testing.assert_array_equal(first.regions, again.regions)


def test_linear_values_are_decoded_and_kept_apart(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    reader = Reader()
    cache, path = RegionCache(tmp_path / "cache", reader), picture("a")
    decoded = cache.picture(path, PLAN)
    assert not reader.linear
    kept = cache.picture(path, replace(PLAN, linear=True))
    assert reader.linear
    assert (reader.calls, kept.file == decoded.file) == (2, False)


@pytest.mark.parametrize("change", ["content", "time", "plan"])
def test_a_change_of_file_or_plan_decodes_again(tmp_path: Path, picture: Callable[[str], Path], change: str) -> None:
    reader = Reader()
    cache = RegionCache(tmp_path / "cache", reader)
    path, plan = picture("a"), PLAN
    cache.picture(path, plan)
    if change == "content":
        path.write_text("longer content")
    elif change == "time":
        os.utime(path, ns=(1, 1))
    else:
        plan = RegionPlan(least_side=8, share=PLAN.share, side=12)
    cache.picture(path, plan)
    assert reader.calls == 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "note gone", "note broken"])
def test_damaged_entries_are_rebuilt(tmp_path: Path, picture: Callable[[str], Path], damage: str) -> None:
    reader = Reader()
    cache = RegionCache(tmp_path / "cache", reader)
    path = picture("a")
    entry = cache.picture(path, PLAN)
    whole = np.array(entry.regions)
    content = entry.file.read_bytes()
    note = entry.file.with_suffix(".json")
    match damage:
        case "cut":
            entry.file.write_bytes(content[:-100])
        case "flipped":
            entry.file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "note gone":
            note.unlink()
        case _:
            note.write_text("{")
    np.testing.assert_array_equal(cache.picture(path, PLAN).regions, whole)
    assert reader.calls == 2


def test_bad_files_are_reported_once_and_the_rest_used(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    cache = RegionCache(tmp_path / "cache", Reader())
    results = list(cache.pictures([picture("a"), picture("bad"), tmp_path / "missing", picture("bcd")], PLAN))
    assert [type(result) for result in results] == [CachedPicture, FileError, FileError, CachedPicture]
    assert [str(result) for result in results if isinstance(result, FileError)] == [
        f"{tmp_path / 'bad'}: is bad",
        f"{tmp_path / 'missing'}: cannot be read (No such file or directory)",
    ]


def test_shrinking_removes_what_was_used_longest_ago(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    cache = RegionCache(tmp_path / "cache", Reader())
    entries = [cache.picture(picture(name), PLAN) for name in ("a", "bb", "ccc")]
    for age, entry in enumerate(entries):
        os.utime(entry.file, (1000 + age, 1000 + age))
    size = entries[0].file.stat().st_size
    cache.shrink(size * 2)
    assert [entry.file.exists() for entry in entries] == [False, True, True]
    cache.shrink(0, in_use=entries[1:2])
    assert [entry.file.exists() for entry in entries] == [False, True, False]
    assert {p.suffix for p in (tmp_path / "cache").iterdir()} == {".npy", ".json"}
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(FileError, match=r"cache.*cannot be written"):
        RegionCache(tmp_path / "cache", Reader()).picture(picture("a"), PLAN)


def test_profiles_are_kept_with_the_regions(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    reader, path = Reader(), picture("a")
    noisy = RegionPlan(least_side=8, share=4 * 3 * 16 * 16, side=16, noise=SigmaNoise(5, 20))
    cache = RegionCache(tmp_path / "cache", reader)
    first, kept = cache.picture(path, noisy), cache.picture(path, replace(noisy, keep_clean=True))
    # The same place and the same profile, so that pretexts with and without clean pictures can be compared.
    assert first.noise == kept.noise == cache.picture(path, noisy).noise
    difference = first.regions - kept.regions
    assert first.noise is not None
    assert difference.std() == pytest.approx(np.sqrt(np.mean(first.noise.sigma(kept.regions) ** 2)), rel=0.1)
    assert cache.picture(path, PLAN).noise is None


def test_new_profiles_are_not_answered_from_the_cache(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    """And nothing is decoded again for them: the regions depend on the pixels alone."""
    reader, path, profiles = Reader(), picture("a"), tmp_path / "profiles.json"
    kept = []
    for read in (1e-4, 4e-4):
        profiles.write_text(profiles_text([NoiseProfile.uniform(0.0, read, camera="Acme One")]))
        plan = replace(PLAN, levels=NoiseLevels(profiles))
        entry = RegionCache(tmp_path / "cache", reader).picture(path, plan)
        assert entry.noise is not None
        assert entry.noise.read[0] == read
        kept.append(np.array(entry.regions))
    assert reader.calls == 1
    np.testing.assert_array_equal(kept[0], kept[1])


def test_what_the_pixels_tell_is_measured_once(
    tmp_path: Path, picture: Callable[[str], Path], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regions kept without a noise level are decoded once more for it; then it is at hand, whatever the store says."""
    reader, path, measured = Reader(), picture("a"), []

    def measure(frame: Frame) -> NoiseProfile:
        measured.append(frame)
        return blind_estimate(frame)

    monkeypatch.setattr("rcl_cli.data.noise_levels.blind_estimate", measure)

    def noise(levels: NoiseLevels | None) -> NoiseProfile | None:
        return RegionCache(tmp_path / "cache", reader).picture(path, replace(PLAN, levels=levels)).noise

    assert noise(None) is None
    first = noise(NoiseLevels(required=False))
    assert (reader.calls, len(measured)) == (2, 1)
    save_profiles(store / "profiles.json", [NoiseProfile.uniform(0.0, 1e-4, camera="Acme One")])
    calibrated = noise(NoiseLevels())
    assert calibrated is not None
    assert calibrated.read[0] == 1e-4
    (store / "profiles.json").unlink()
    assert noise(NoiseLevels(required=False)) == first
    assert (reader.calls, len(measured)) == (2, 1)


def test_a_file_s_own_profile_is_kept_for_later_runs(tmp_path: Path, picture: Callable[[str], Path]) -> None:
    own = NoiseProfile((0.01, 0.02, 0.02, 0.03), (1e-5,) * 4, camera="Acme One", method="DNG NoiseProfile")
    plain = Reader()

    def read(path: Path, *, linear: bool = False) -> Frame:
        frame = plain(path, linear=linear)
        return replace(frame, metadata=replace(frame.metadata, noise_profile=own))

    path, plan = picture("a"), replace(PLAN, levels=NoiseLevels())
    assert [RegionCache(tmp_path / "cache", read).picture(path, plan).noise for _ in range(2)] == [own, own]
    assert plain.calls == 1


def test_a_run_reads_its_profiles_once(
    tmp_path: Path, picture: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = tmp_path / "profiles.json"
    save_profiles(profiles, [NoiseProfile.uniform(0.0, 1e-4, camera=name) for name in ("Acme One", "Other")])
    loads: list[Path] = []

    def counted(path: Path) -> list[NoiseProfile]:
        loads.append(path)
        return read_profiles(path)

    monkeypatch.setattr("rcl_cli.profiles.book.read_profiles", counted)
    plan = replace(PLAN, levels=NoiseLevels(profiles))
    paths = [picture(name) for name in ("a", "bb", "ccc")]
    found = list(RegionCache(tmp_path / "cache", Reader()).pictures(paths, plan, workers=1))
    assert all(isinstance(entry, CachedPicture) and entry.noise for entry in found)
    assert loads == [profiles]
