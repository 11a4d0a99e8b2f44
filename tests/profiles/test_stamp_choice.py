"""`rcl profiles stamp`: which files are stamped, with whose profile, and what is said of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles
from rcl_cli.profiles.lattices import labels
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture
from rcl_cli.samples.camera import SAMPLE_CAMERA

Sample = Callable[..., Path]


def _run(*arguments: str | Path) -> Result:
    command = ["profiles", "stamp", *map(str, arguments)]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def _words(text: str) -> str:
    return " ".join(text.split())


def test_the_store_s_profile_is_taken_and_none_is_guessed(sample: Sample, tmp_path: Path, store: Path) -> None:
    raws = tmp_path / "raws"
    for iso in (100.0, 200.0, 400.0, 800.0, 1600.0):
        sample(raws / f"{iso:.0f}.dng", iso)
    frame = read_frame(raws / "400.dng")
    truth = {iso: SAMPLE_CAMERA.noise_profile(iso) for iso in (200.0, 800.0)}
    measured = {iso: replace(profile, **labels(frame) | {"iso": iso}) for iso, profile in truth.items()}
    save_profiles(store / "profiles.json", measured.values())
    lines = {Path(line["path"]).stem: line for line in _lines(_run(raws, "--json"))}
    assert {name: line["status"] for name, line in lines.items()} == {
        **dict.fromkeys(("100", "1600"), "failed"),
        **dict.fromkeys(("200", "400", "800"), "done"),
    }
    assert lines["200"]["noise_profile"] == pytest.approx(measured[200.0].to_dng())
    assert {lines[name]["profile"] for name in ("200", "800")} == {"calibrated"}
    assert lines["400"]["profile"] == "interpolated"
    # Log-log, so that half-way between 200 and 800 is the geometric mean.
    halfway = np.sqrt(np.array(measured[200.0].to_dng()) * np.array(measured[800.0].to_dng()))
    assert lines["400"]["noise_profile"] == pytest.approx(halfway)
    assert "has no profile calibrated for rcl Sample at ISO 1600" in lines["1600"]["reason"]
    assert _run(raws).return_value == 1


def test_the_picture_itself_is_measured_only_when_asked_and_where_it_can_tell(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0.05, 0.8, 288, dtype=np.float32)[:, None], (192, 288, 3))
    noise = tmp_path / "noise.dng"
    write_dng(noise, SAMPLE_CAMERA.expose(ramp, 400.0, CFA.bayer("GRBG"), np.random.default_rng(2)))
    assert _run(noise).return_value == 2
    (line,) = _lines(_run(noise, "--blind", "--json"))
    assert (line["status"], line["profile"]) == ("done", "blind")
    frame = read_frame(noise)
    assert isinstance(frame, RawFrame)
    write_dng(tmp_path / "still.dng", replace(frame, mosaic=np.full_like(frame.mosaic, 5000)))
    (line,) = _lines(_run(tmp_path / "still.dng", "--blind", "--json"))
    assert line["status"] == "failed"
    assert "tells too little of its own noise" in line["reason"]


def test_what_is_no_dng_is_said_in_one_line_and_the_rest_goes_on(sample: Sample, given: Path, tmp_path: Path) -> None:
    raws = tmp_path / "raws"
    sample(raws / "b.dng")
    (raws / "a.raf").write_bytes(b"FUJIFILMCCD-RAW " + bytes(200))
    result = _run(raws, "--profile", given)
    assert result.return_value == 0
    said = [line for line in result.stderr.splitlines() if "is no DNG, which alone has the tag; " in line]
    assert [line.partition(": ")[0] for line in said] == [str(raws / "a.raf")]
    assert (tmp_path / "stamped" / "b.dng").exists()
    assert _run(raws / "a.raf", "--profile", given).return_value == 2


def test_nothing_is_lost_and_no_copy_is_stamped_again(sample: Sample, given: Path, tmp_path: Path) -> None:
    one, two = (sample(tmp_path / name / "x.dng", iso) for name, iso in (("one", 100.0), ("two", 200.0)))
    lines = _lines(_run(one.parent, two.parent, "--profile", given, "-o", tmp_path / "out", "--overwrite", "--json"))
    assert [line["status"] for line in lines] == ["done", "failed"]
    assert "same name as the copy of" in lines[1]["reason"]
    kept, copied = (read_frame(path) for path in (one, tmp_path / "out" / "x.dng"))
    assert isinstance(kept, RawFrame)
    assert isinstance(copied, RawFrame)
    assert np.array_equal(kept.mosaic, copied.mosaic)
    for _ in range(2):
        lines = _lines(_run(one.parent, "--profile", given, "-o", one.parent / "out", "--json", "--overwrite"))
        assert [line["path"] for line in lines] == [str(one)]
    result = _run(one.parent, "--profile", given, "-o", one.parent, "--overwrite")
    assert result.return_value == 2
    assert "use --in-place" in _words(result.stderr)


def test_a_denoised_result_is_not_stamped(sample: Sample, given: Path, tmp_path: Path) -> None:
    path = sample(tmp_path / "a.dng")
    frame = read_frame(path)
    result = Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, denoised=True)
    write_picture(tmp_path / "b.dng", result)
    (line,) = _lines(_run(tmp_path / "b.dng", "--profile", given, "--json"))
    assert line["status"] == "failed"
    assert "noise was reduced" in line["reason"]


def test_a_full_disk_leaves_the_file_as_it_was(
    sample: Sample, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sample(tmp_path / "a.dng")
    content = source.read_bytes()

    def full(path: Path, entry: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("rcl_cli.profiles.stamp.set_raw_tag", full)
    result = _run(source, "--profile", given, "--in-place")
    assert result.return_value == 2
    assert "the disk is full; make room" in result.stderr
    assert source.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} == {"a.dng", "given.json"}
