"""Developing: neutral stays neutral, colours by the matrix, every orientation as OpenCV turns it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import rawpy

from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.develop import camera_to_srgb, develop, display_gains, interpolate, preview
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.orientation import upright
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode
from rcl_cli.raw.tags.exif_block import exif_block


def test_what_the_camera_saw_as_neutral_is_grey(metadata: Metadata) -> None:
    assert metadata.white_balance is not None
    neutral = 0.3 / np.array(metadata.white_balance, np.float32)
    shown = develop(Picture(np.full((4, 5, 3), neutral, np.float32), camera_rgb=True, metadata=metadata))
    assert shown.shape == (5, 4, 3)
    assert np.ptp(shown, axis=-1).max() < 1e-5


def test_saturated_pixels_become_white(metadata: Metadata) -> None:
    shown = develop(Picture(np.ones((4, 5, 3), np.float32), camera_rgb=True, metadata=metadata))
    assert shown == pytest.approx(np.ones((5, 4, 3)), abs=1e-5)


def test_without_as_shot_gains_daylight_is_neutral(metadata: Metadata) -> None:
    unknown = replace(metadata, white_balance=None)
    assert metadata.xyz_to_camera is not None
    d65 = np.array([0.9505, 1.0, 1.089])
    seen = (metadata.xyz_to_camera @ d65) * display_gains(unknown)
    assert seen == pytest.approx(np.full(3, seen[0]), rel=1e-3)


def test_without_a_matrix_colours_stay() -> None:
    assert np.array_equal(camera_to_srgb(Metadata()), np.eye(3))


@pytest.mark.parametrize("cfa", [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(2, 5)], ids=lambda c: c.name)
def test_interpolation_restores_flat_colours_and_keeps_known_pixels(cfa: CFA) -> None:
    flat = np.array([0.2, 0.5, 0.7], np.float32)
    mosaic = flat[cfa.colors(13, 17)]
    assert interpolate(mosaic, cfa) == pytest.approx(np.broadcast_to(flat, (13, 17, 3)), abs=1e-6)
    noise = np.random.default_rng(0).normal(size=(13, 17)).astype(np.float32)
    rgb = interpolate(noise, cfa)
    assert np.array_equal(np.take_along_axis(rgb, cfa.colors(13, 17)[..., None].astype(int), 2)[..., 0], noise)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_agrees_with_opencv(orientation: int) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (16, 24)).astype(np.uint8)
    png = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    exif = b"Exif\0\0" + exif_block(Metadata(), orientation, "")
    jpeg = png[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + png[2:]
    buffer = np.frombuffer(jpeg, np.uint8)
    as_stored = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    turned = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE)
    assert as_stored is not None
    assert turned is not None
    assert np.array_equal(upright(as_stored, orientation), turned)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_srgb_curve_and_its_inverse_meet_at_every_value_of_a_file(bits: int) -> None:
    values = np.arange(2**bits)
    linear = srgb_decode(values / (2**bits - 1))
    assert np.array_equal(np.rint(srgb_encode(linear) * (2**bits - 1)), values)


def test_previews_fit_and_stand_upright(metadata: Metadata) -> None:
    mosaic = np.full((500, 1000), 2000, np.uint16)
    frame = RawFrame(mosaic, CFA.xtrans(1, 1), (0.0,) * 4, 4000.0, metadata)
    shown = preview(frame, longest=100)
    assert shown.dtype == np.uint8
    assert shown.shape == (100, 50, 3)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["canon-powershot-s40_CRW_0104.CRW", "canon-powershot-g2_CRW_0304.CRW"])
def test_colours_agree_with_libraw(realdata: Path, name: str) -> None:
    path = realdata / "raw/bayer" / name
    with rawpy.imread(str(path)) as raw:
        expected = raw.postprocess(
            use_camera_wb=True, half_size=True, no_auto_bright=True, adjust_maximum_thr=0.0, gamma=(2.4, 12.92)
        )
    ours = preview(read_frame(path), longest=4000)
    assert ours.shape == expected.shape
    difference = np.abs(ours.astype(int) - expected)
    assert np.percentile(difference, 99) <= 4
