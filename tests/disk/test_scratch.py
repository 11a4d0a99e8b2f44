"""Large arrays on the disk: the same values, in less memory."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

import rcl_cli as rcl
from rcl_cli.disk import scratch
from rcl_cli.disk.scratch import let_go, new_array
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import preview
from rcl_cli.raw.picture import Picture
from rcl_cli.samples.camera import SAMPLE_CAMERA
from rcl_cli.samples.scenes import scene

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="pages of files are let go of on Linux alone")


def test_small_arrays_are_plain_ones() -> None:
    array = new_array((3, 4))
    assert array.shape == (3, 4)
    assert array.dtype == np.float32
    assert array.flags.owndata


def test_what_was_let_go_of_is_still_there() -> None:
    array = new_array((50, 40, 3), large=1)
    written = np.random.default_rng(0).random(array.shape, np.float32)
    for start in range(0, 50, 10):
        array[start : start + 10] = written[start : start + 10]
        let_go(array.transpose(2, 0, 1)[:, start : start + 10])
    np.testing.assert_array_equal(array, written)


@LINUX
def test_it_takes_no_memory_for_what_was_let_go_of() -> None:
    array = new_array((8_000_000,), large=1)
    before = _resident()
    array[:] = 1
    full = _resident()
    let_go(array[1000:])
    assert full - before > 30_000_000
    assert full - _resident() > 30_000_000


@LINUX
def test_it_ends_with_the_last_view_of_it() -> None:
    view = new_array((1000, 1000), large=1)[10:20]
    assert len(scratch._held) == 1
    del view
    gc.collect()
    assert not scratch._held


def test_memory_serves_where_the_disk_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    assert new_array((10, 10), large=1).flags.owndata


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
def test_results_on_the_disk_are_written_as_those_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = np.random.default_rng(0)
    frame = SAMPLE_CAMERA.expose(scene(300, 330, shots), 3200.0, CFA.bayer("RGGB"), shots)
    model = rcl.load("demosaic", "bayer", store=tmp_path / "none", device="cpu")
    noise, files = rcl.estimate_noise(frame), [tmp_path / "memory.dng", tmp_path / "disk.dng"]
    for file, large in zip(files, [scratch.LARGE, 1], strict=True):
        monkeypatch.setattr(scratch, "LARGE", large)
        result = model(frame, noise)
        assert len(scratch._held) == (large == 1 and sys.platform == "linux")
        rcl.write(file, result)
    np.testing.assert_array_equal(rcl.read(files[1]).normalized(), rcl.read(files[0]).normalized())
    del result


@pytest.mark.slow
@pytest.mark.parametrize("size", [(700, 900), (701, 1030)])
def test_previews_of_large_pictures_are_made_in_parts(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(scene(*size, np.random.default_rng(0)).astype(np.float32))
    usual = preview(picture, 200)
    monkeypatch.setattr(scratch, "LARGE", 1)
    parts = preview(picture, 200)
    assert parts.shape == usual.shape
    assert np.abs(parts.astype(int) - usual).mean() < 2
