"""White balance and colour of DNGs by their specification, against published values and colours computed forwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import develop
from rcl_cli.raw.dng.color import ShotColor, shot_color
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.raw.light import XYZ_D50_TO_SRGB, adaptation, temperature, xy_of, xyz_of
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.raw.tags.tiff_tags import TiffTags
from rcl_cli.raw.write import write_picture

from .dng_files import Tag, fractions, numbers, shorts, write_dng_file

# A Canon EOS 5D Mark II's, and what Adobe's method makes of them as the tests of colour-hdri (BSD) give it.
WARM = (0.5309, -0.0229, -0.0336, -0.6241, 1.3265, 0.3337, -0.0817, 0.1215, 0.6664)
COLD = (0.4716, 0.0603, -0.0830, -0.7798, 1.5474, 0.2480, -0.1496, 0.1937, 0.6651)
FORWARD = (0.8924, -0.1041, 0.1760, 0.4351, 0.6621, -0.0972, 0.0505, -0.1562, 0.9308)
CALIBRATION = (0.9603, 0, 0, 0, 1, 0, 0, 0, 0.9664)
TWO: dict[str, Any] = {
    "ColorMatrix1": WARM,
    "ColorMatrix2": COLD,
    "CalibrationIlluminant1": 17,
    "CalibrationIlluminant2": 21,
}
XY = (0.32816244, 0.34698169)
NEUTRAL = np.array([0.41306999, 1, 0.64646500])
CALIBRATED = np.array([0.39667111, 1, 0.62474378])
BETWEEN = [
    [0.47823951, 0.05098453, -0.07746894],
    [-0.76236708, 1.52266698, 0.25759538],
    [-0.14199759, 0.18561614, 0.66524555],
]
BY_FORWARD = [[2.16040871, -0.1041, 0.27224985], [1.0533324, 0.6621, -0.15035617], [0.12225531, -0.1562, 1.43983046]]
CLOSE = 2e-5
"""Of two ways to find a colour temperature."""


def color_of(**tags: Any) -> ShotColor:
    found = shot_color(TiffTags(tags))
    assert found is not None
    return found


def gains_of(neutral: Any) -> Any:
    return pytest.approx(neutral[1] / np.asarray(neutral), rel=CLOSE)


def test_a_white_point_gives_the_neutral_between_two_matrices() -> None:
    found = color_of(**TWO, AsShotWhiteXY=XY)
    assert found.gains == gains_of(NEUTRAL)
    assert found.xyz_to_camera == pytest.approx(np.array(BETWEEN), abs=CLOSE)
    calibrations = {"CameraCalibration1": CALIBRATION, "CameraCalibration2": CALIBRATION}
    assert color_of(**TWO, **calibrations, AsShotWhiteXY=XY).gains == gains_of(CALIBRATED)


def test_a_neutral_gives_the_same_matrix_as_its_white_point() -> None:
    found = color_of(**TWO, AsShotNeutral=tuple(NEUTRAL))
    assert found.gains == gains_of(NEUTRAL)
    assert found.xyz_to_camera == pytest.approx(np.array(BETWEEN), abs=CLOSE)


def test_forward_matrices_go_before_colour_matrices() -> None:
    found = color_of(**TWO, ForwardMatrix1=FORWARD, ForwardMatrix2=FORWARD, AsShotNeutral=tuple(NEUTRAL))
    assert found.camera_to_xyz is not None
    assert found.camera_to_xyz / NEUTRAL == pytest.approx(np.array(BY_FORWARD), abs=5e-5)


def test_calibration_against_another_camera_is_left_out() -> None:
    tags = {**TWO, "CameraCalibration1": CALIBRATION, "CameraCalibration2": CALIBRATION, "AsShotWhiteXY": XY}
    assert color_of(**tags, CameraCalibrationSignature="one").gains == gains_of(NEUTRAL)
    same = {"CameraCalibrationSignature": "com.adobe", "ProfileCalibrationSignature": "com.adobe"}
    assert color_of(**tags, **same).gains == gains_of(CALIBRATED)


def test_analog_balance_is_part_of_what_the_camera_sees() -> None:
    plain, balanced = (color_of(**TWO, AsShotWhiteXY=XY, AnalogBalance=gain) for gain in ((1, 1, 1), (2, 1, 1.5)))
    assert balanced.gains == gains_of(NEUTRAL * (2, 1, 1.5))
    assert balanced.xyz_to_camera == pytest.approx(np.diag([2, 1, 1.5]) @ plain.xyz_to_camera)
    # Once balanced, the colours are the same.
    assert balanced.camera_to_xyz == pytest.approx(plain.camera_to_xyz)


@pytest.mark.parametrize(("xy", "matrix"), [((0.4479, 0.4075), WARM), ((0.28, 0.29), COLD), ((0.51, 0.415), WARM)])
def test_beyond_the_lights_the_nearest_one_holds(xy: tuple[float, float], matrix: Any) -> None:
    assert color_of(**TWO, AsShotWhiteXY=xy).xyz_to_camera.ravel() == pytest.approx(matrix, abs=2e-4)


def test_the_order_of_the_lights_does_not_matter() -> None:
    turned = {"ColorMatrix1": COLD, "ColorMatrix2": WARM, "CalibrationIlluminant1": 21, "CalibrationIlluminant2": 17}
    assert color_of(**turned, AsShotWhiteXY=XY).gains == gains_of(NEUTRAL)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_light_of_its_own_is_told_by_its_chromaticity(order: str) -> None:
    def data(x: int, y: int) -> bytes:
        return b"\0\0" + np.array([x, 10000, y, 10000], f"{order}u4").tobytes()

    lights = {"CalibrationIlluminant1": 255, "CalibrationIlluminant2": 255}
    own = {"IlluminantData1": data(4476, 4074), "IlluminantData2": data(3127, 3290)}
    assert color_of(**{**TWO, **lights, **own}, AsShotWhiteXY=XY).gains == pytest.approx(1 / NEUTRAL, rel=1e-3)


def test_without_lights_the_first_matrix_holds() -> None:
    unknown = {"ColorMatrix1": WARM, "ColorMatrix2": COLD}
    assert color_of(**unknown, AsShotWhiteXY=XY).xyz_to_camera.ravel() == pytest.approx(WARM)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"ColorMatrix1": (0,) * 9},
        {"ColorMatrix1": (1,) * 9, "AsShotNeutral": (1, 1, 1)},
        {"ColorMatrix1": WARM[:3]},
        {"ColorMatrix1": (float("nan"), *WARM[1:])},
    ],
)
def test_matrices_that_are_none_are_left_alone(tags: dict[str, Any]) -> None:
    assert shot_color(TiffTags(tags)) is None


@pytest.mark.parametrize("neutral", [(0, 1, 1), (1, 1), (-1, 1, 1), (float("inf"), 1, 1)])
def test_without_a_white_balance_there_is_none(neutral: tuple[float, ...]) -> None:
    found = color_of(**TWO, AsShotNeutral=neutral)
    assert (found.gains, found.camera_to_xyz) == (None, None)
    assert found.xyz_to_camera.ravel() == pytest.approx(COLD, abs=2e-3)


COLOR_TAGS = [
    fractions(50721, *WARM, signed=True),
    fractions(50722, *COLD, signed=True),
    shorts(50778, 17),
    shorts(50779, 21),
    fractions(50727, 1.9, 1.0, 1.3),
]


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("told", ["neutral", "xy"])
def test_a_colour_is_developed_as_it_was_seen(told: str, forward: bool, tmp_path: Path) -> None:
    """A patch of known XYZ under a warm light, through the specification's equations, as a linear raw."""
    xy = (0.4479, 0.4075)
    light, d50 = xyz_of(xy), xyz_of((0.3457, 0.3585))
    to_camera = np.diag([1.9, 1.0, 1.3]) @ np.reshape(WARM, (3, 3))
    seen_d50, neutral = np.array([0.22, 0.2, 0.13]), to_camera @ light / (to_camera @ light)[1]
    if forward:
        to_xyz = np.reshape(FORWARD, (3, 3))
        to_xyz = to_xyz * (d50 / to_xyz.sum(axis=1))[:, None]
        camera = np.linalg.solve(to_xyz, seen_d50) * neutral
    else:
        camera = to_camera @ adaptation(d50, light) @ seen_d50 / (to_camera @ light)[1]
    values = np.broadcast_to(np.rint(20000 * camera), (24, 36, 3)).astype(np.uint16)
    tags: list[Tag] = [*COLOR_TAGS, numbers(50717, 20000)]
    tags.append(fractions(50728, *neutral) if told == "neutral" else fractions(50729, *xy))
    if forward:
        tags += [fractions(code, *FORWARD, signed=True) for code in (50964, 50965)]
    write_dng_file(tmp_path / "a.dng", values, *tags)
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    assert frame.metadata.white_balance == pytest.approx(1 / neutral, rel=1e-3)
    shown = develop(Picture.from_frame(frame, frame.rgb))
    # The gains are scaled so that the smallest is 1.
    linear = XYZ_D50_TO_SRGB @ seen_d50 / min(1 / neutral)
    assert shown[5, 5] == pytest.approx(srgb_encode(linear), abs=1e-3)


def test_a_result_keeps_the_white_balance_of_a_white_point(tmp_path: Path) -> None:
    """As phones write it: gains by the specification's equation from one matrix."""
    matrix, (x, y) = np.array([0.9, -0.2, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.6]).reshape(3, 3), (0.3457, 0.3585)
    mosaic = np.random.default_rng(0).integers(600, 9000, (40, 60)).astype(np.uint16)
    tags = [fractions(50721, *matrix.ravel(), signed=True), shorts(50778, 21), fractions(50729, x, y)]
    write_dng_file(tmp_path / "a.dng", mosaic, *tags, cfa=CFA.bayer("RGGB"))
    source = read_frame(tmp_path / "a.dng")
    assert source.metadata.white_balance == pytest.approx((1.673, 1, 1.636), abs=1e-3)
    write_picture(tmp_path / "b.dng", Picture.from_frame(source, source.normalized(), cfa=source.cfa))
    assert read_frame(tmp_path / "b.dng").metadata.white_balance == pytest.approx((1.673, 1, 1.636), abs=1e-3)


@pytest.mark.realdata
def test_a_real_file_with_two_lights_and_analog_balance(realdata: Path) -> None:
    """An EOS 6D whose converter balanced the values. Adobe's own word on the light stands in its XMP: 6200 K."""
    metadata: Metadata = read_frame(realdata / "raw/linear/canon_eos_6d_lossy.dng").metadata
    assert metadata.white_balance == pytest.approx((0.9966, 1, 1.0009), abs=1e-4)
    assert metadata.camera_to_xyz is not None
    assert metadata.xyz_to_camera is not None
    white = np.linalg.solve(metadata.xyz_to_camera, 1 / np.array(metadata.white_balance))
    assert temperature(xy_of(white)) == pytest.approx(6200, abs=50)
    assert XYZ_D50_TO_SRGB @ metadata.camera_to_xyz @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-6)
