"""A JPEG made from a JPEG: its own data where nothing changed, else no coarser. Judged by Pillow."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.recoded import LEAST_QUALITY, jpeg_stream, quality_of
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

NOISE = np.random.default_rng(0).integers(0, 256, (75, 90, 3)).astype(np.uint8)
SCENE = np.asarray(cv2.GaussianBlur(NOISE, (0, 0), 1.2), np.uint8)


def made(path: Path, **options: Any) -> Path:
    values = SCENE[..., 1] if options.pop("grey", False) else SCENE
    Image.fromarray(values).save(path, "JPEG", **{"dpi": (72, 72), **options})
    return path


def result(source: Path, change: float = 0.0) -> Path:
    """Read, and written beside itself."""
    frame = read_frame(source)
    assert isinstance(frame, RgbFrame)
    target = source.with_name("result.jpg")
    write_picture(target, Picture.from_frame(frame, np.clip(frame.rgb * (1 - change), 0, 1)))
    return target


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 75},
        {"quality": 95, "subsampling": 0},
        {"quality": 60, "progressive": True, "subsampling": 2},
        {"quality": 85, "optimize": True, "restart_marker_rows": 1},
        {"quality": 80, "grey": True},
        {"quality": 90, "keep_rgb": True},
    ],
)
def test_what_did_not_change_is_not_coded_anew(tmp_path: Path, options: dict[str, Any]) -> None:
    source = made(tmp_path / "source.jpg", **options)
    target = result(source)
    with Image.open(source) as before, Image.open(target) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert before.quantization == after.quantization  # type: ignore[attr-defined]
    assert target.stat().st_size < source.stat().st_size + 4000


def test_what_changed_is_coded_no_more_coarsely(tmp_path: Path) -> None:
    for quality in (50, 95, 98, 100):
        source = made(tmp_path / "source.jpg", quality=quality)
        target = result(source, change=0.05)
        with Image.open(source) as before, Image.open(target) as after:
            steps = [np.mean(one.quantization[0]) for one in (before, after)]  # type: ignore[attr-defined]
        assert steps[1] <= steps[0]
        target.unlink()


@pytest.mark.parametrize(("quality", "wanted"), [(40, LEAST_QUALITY), (95, 95), (97, 97), (99, 99), (100, 100)])
def test_the_quality_is_told_from_the_tables(quality: int, wanted: int) -> None:
    file = BytesIO()
    Image.fromarray(SCENE).save(file, "JPEG", quality=quality)
    assert quality_of(file.getvalue()) == wanted


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xdb\x00\x05\x00\x01", b"no JPEG"])
def test_a_source_that_is_none_any_more_is_no_fault(tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(data)
    for path in (source, tmp_path / "gone.jpg", None):
        stream = jpeg_stream(SCENE, path)
        assert np.asarray(Image.open(BytesIO(stream))).shape == SCENE.shape
