"""Whatever one file brings about, in every verb that reads pictures: one line, and the rest is done and saved."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rcl_calibration import camera
from rcl_calibration.single_image import measure
from rcl_cli.cli.main import cli
from rcl_cli.data.cache import CachedPicture, RegionCache
from rcl_cli.data.regions import RegionPlan
from rcl_cli.errors import FileError
from rcl_cli.profiles import pools
from rcl_cli.raw.apart.pool import close_readers
from rcl_cli.raw.dng.tag_patch import set_raw_tag
from rcl_cli.raw.tags.ifd import Entry

CALIBRATION_ILLUMINANT, RATIONAL = 50778, 5
MODEL, ASCII = 272, 2
FATAL = '''
"""Files that end whoever reads them."""
import os, signal
from rcl_cli import FileFormat, hookimpl

class Fatal(FileFormat):
    name = "fatal"

    def read(self, path, *, linear=False):
        os.kill(os.getpid(), signal.SIGSEGV)

@hookimpl
def rcl_format():
    return Fatal
'''
GOOD = 2
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and signals")]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    assert run("samples", folder, "--count", GOOD, "--size", 192).exit_code == 0
    return folder


@pytest.fixture
def hostile(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with good raws, one that crashes its reader, and a link to itself; a pipe, which walking leaves out."""
    places = tmp_path / "plugins"
    info = places / "fatal-1.0.dist-info"
    info.mkdir(parents=True)
    (places / "fatal_format.py").write_text(FATAL)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rcl.formats]\nfatal = fatal_format\n")
    monkeypatch.syspath_prepend(str(places))
    monkeypatch.delenv("RCL_LOAD_PLUGINS")
    folder = tmp_path / "in"
    folder.mkdir()
    for raw in samples.glob("*.dng"):
        shutil.copy(raw, folder)
    (folder / "a.fatal").write_bytes(b"made to end its reader")
    (folder / "itself.dng").symlink_to("itself.dng")
    os.mkfifo(folder / "pipe.dng")
    shutil.copy(next(samples.glob("*.dng")), folder / os.fsdecode(b"caf\xe9.dng"))
    yield folder
    close_readers()


def check(result: Result) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    words = " ".join(result.output.split())
    assert "2 failed" in words, result.output
    assert "makes the library that reads it crash" in words
    assert "Traceback" not in result.output


def test_calibrate(hostile: Path, store: Path) -> None:
    check(run("calibrate", hostile))
    assert (store / "profiles.json").is_file()


def test_info(hostile: Path) -> None:
    check(run("info", hostile))


def test_apply(hostile: Path, tmp_path: Path) -> None:
    check(run("apply", "--task", "denoise", "--strength", 0.5, "-o", tmp_path / "out", hostile))
    assert len(list((tmp_path / "out").glob("*.dng"))) == GOOD + 1


def test_simulate(hostile: Path, tmp_path: Path) -> None:
    check(run("simulate", hostile, "-o", tmp_path / "out", "--domain", "bayer", "--shot", 0.01, "--read", 1e-4))


def test_training_reads_around_them(hostile: Path, tmp_path: Path) -> None:
    paths = sorted(hostile.iterdir())
    found = list(RegionCache(tmp_path / "cache").pictures(paths, RegionPlan(least_side=32, share=1 << 20)))
    failed = [path for path, picture in zip(paths, found, strict=True) if isinstance(picture, FileError)]
    assert {path.name for path in failed} == {"a.fatal", "itself.dng", "pipe.dng"}
    assert sum(isinstance(picture, CachedPicture) for picture in found) == GOOD + 1


def test_a_pipe_that_is_named_is_not_waited_for(hostile: Path) -> None:
    for verb in (["info"], ["calibrate"], ["apply", "--task", "denoise"]):
        result = run(*verb, hostile / "pipe.dng")
        assert result.exit_code == 2
        assert "pipe or device" in " ".join(result.output.split())


@pytest.mark.parametrize("value", [(0, 0), (1, 0), (2**32 - 1, 0)], ids=str)
def test_a_light_that_is_no_number_is_unknown(value: tuple[int, int], samples: Path, tmp_path: Path) -> None:
    shutil.copy(next(samples.glob("*.dng")), tmp_path / "a.dng")
    set_raw_tag(tmp_path / "a.dng", Entry(CALIBRATION_ILLUMINANT, RATIONAL, struct.pack("<II", *value)))
    result = run("info", tmp_path / "a.dng")
    assert result.exit_code == 0, result.output


def test_what_nobody_foresaw_costs_one_file(
    samples: Path, monkeypatch: pytest.MonkeyPatch, store: Path, tmp_path: Path
) -> None:
    calls = []

    def measured(lattices):
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("float division by zero")
        return measure(lattices)

    monkeypatch.setattr("rcl_cli.profiles.images.measure", measured)
    result = run("calibrate", samples)
    assert result.exit_code == 1
    assert "unexpected ZeroDivisionError: float division by zero" in " ".join(result.output.split())
    assert len(calls) == GOOD


def test_a_camera_that_nobody_foresaw_costs_itself_alone(
    samples: Path, monkeypatch: pytest.MonkeyPatch, store: Path, tmp_path: Path
) -> None:
    shutil.copytree(samples, tmp_path / "raws")
    other = min((tmp_path / "raws").glob("*.dng"))
    set_raw_tag(other, Entry(MODEL, ASCII, b"Another\0"))
    pooled = camera.pool

    def pool(measurements, singles, **about):
        if "Another" in about["camera"]:
            raise ZeroDivisionError("float division by zero")
        return pooled(measurements, singles, **about)

    monkeypatch.setattr(pools, "pool", pool)
    result = run("calibrate", tmp_path / "raws", "--by", "camera")
    assert result.exit_code == 1, result.output
    said = "".join(result.output.split())  # lines break in the middle of long paths
    assert f"{other.name}unexpectedZeroDivisionError" in said
    assert "rclSample800" in said
