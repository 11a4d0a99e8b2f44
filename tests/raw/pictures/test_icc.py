"""ICC profiles: curves and primaries against closed forms and against LittleCMS through Pillow."""

from __future__ import annotations

import struct
from io import BytesIO
from itertools import product

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from rcl_cli.raw.pictures.cmyk import cmyk_to_rgb
from rcl_cli.raw.pictures.icc import chromaticities, curves_of, display_profile, make_profile, read_profile
from rcl_cli.raw.pictures.tone import LINEAR, SRGB, Curve, Power, Table, curve_of
from rcl_cli.raw.srgb import srgb_decode

ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290)
P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.3290)
PROPHOTO = (0.734699, 0.265301, 0.159597, 0.840403, 0.036598, 0.000105, 0.345704, 0.358540)
STEPS = np.linspace(0, 1, 256, dtype=np.float32)


def lightness(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE L* / 100 → Y."""
    return np.where(values > 0.08, ((values + 0.16) / 1.16) ** 3, values * 100 / 903.3).astype(np.float32)


@pytest.mark.parametrize(
    ("primaries", "curve", "transfer"),
    [
        (ADOBE_RGB, Power(2.199), "profile"),
        (P3, SRGB, "srgb"),
        (PROPHOTO, Power(1.8), "profile"),
        (P3, LINEAR, "linear"),
        (P3, Table(lightness(np.linspace(0, 1, 1025, dtype=np.float32))), "profile"),
    ],
)
def test_what_a_profile_was_made_of_is_read_from_it(primaries: tuple[float, ...], curve: Curve, transfer: str) -> None:
    profile = read_profile(make_profile(primaries, curve))
    assert profile.transfer == transfer
    (read,) = curves_of(transfer, profile)
    assert read.decode(STEPS) == pytest.approx(curve.decode(STEPS), abs=1e-3)
    if not isinstance(curve, Table):
        assert read == curve
    assert profile.to_xyz is not None
    if primaries is not PROPHOTO:  # whose white is D50
        assert chromaticities(profile.to_xyz) == pytest.approx(primaries, abs=1e-3)


def test_planes_may_have_curves_of_their_own() -> None:
    tables = np.stack([np.linspace(0, 1, 512) ** power for power in (1.8, 2.2, 2.6)]).astype(np.float32)
    data = imagecodecs.cms_profile("rgb", whitepoint=P3[6:], primaries=P3[:6], transferfunction=tables)
    assert read_profile(bytes(data)).curves == (Power(1.8), Power(2.2), Power(2.6))


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_grey_profiles(gamma: float) -> None:
    data = bytes(imagecodecs.cms_profile("gray", whitepoint=(0.3457, 0.3585, 1), gamma=gamma))
    assert read_profile(data).curves == (Power(gamma),)
    assert read_profile(data).to_xyz is None


@pytest.mark.parametrize("data", [b"", b"rubbish" * 40, bytes(imagecodecs.cms_profile("lab4"))])
def test_what_is_no_profile_of_rgb_or_grey_tells_nothing(data: bytes) -> None:
    profile = read_profile(data)
    assert (profile.data, profile.curves, profile.transfer) == (data, (), "srgb")


def cmyk_profile() -> bytes:
    """The smallest there can be: a table of the sixteen corners, in Lab."""
    corners = []
    for ink in product((0, 1), repeat=4):
        cyan, magenta, yellow, black = (float(amount) for amount in ink)
        light = 100 * (1 - black) * (1 - 0.35 * cyan) * (1 - 0.45 * magenta) * (1 - 0.1 * yellow)
        corners += [
            light * 2.55,
            128 + (70 * magenta - 35 * cyan) * (1 - black),
            128 + (80 * yellow - 40 * cyan) * (1 - black),
        ]
    straight = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", *(65536 if row == column else 0 for row in range(3) for column in range(3)))
    table += straight * 4 + bytes(min(255, round(value)) for value in corners) + straight * 3
    head = struct.pack(">I4sI4s4s4s", 144 + len(table), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


def test_inks_become_the_colours_that_their_profile_says() -> None:
    ink = np.random.default_rng(0).integers(0, 256, (20, 30, 4)).astype(np.uint8)
    ink[0, 0] = 0
    ours = cmyk_to_rgb(ink, 8, cmyk_profile())
    profile = ImageCms.ImageCmsProfile(BytesIO(cmyk_profile()))
    relative, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    image = ImageCms.profileToProfile(
        Image.fromarray(ink, "CMYK"), profile, ImageCms.createProfile("sRGB"), relative, outputMode="RGB", flags=flags
    )
    assert np.abs(ours.astype(int) - np.asarray(image)).max() <= 3
    assert np.abs(ours.astype(int) - cmyk_to_rgb(ink, 8, b"")).max() > 30
    assert ours[0, 0].tolist() == [255, 255, 255]


def test_the_display_profile_has_the_same_primaries() -> None:
    profile = read_profile(display_profile(read_profile(make_profile(P3, LINEAR))))
    assert profile.transfer == "srgb"
    assert profile.to_xyz is not None
    assert chromaticities(profile.to_xyz) == pytest.approx(P3, abs=1e-3)


@pytest.mark.parametrize(
    "curve", [LINEAR, SRGB, Power(1.8), Power(2.2), Table(lightness(STEPS)), Table([0, 0, 0.5, 1, 1])]
)
def test_a_curve_can_be_undone_inside_and_outside_of_its_range(curve: Curve) -> None:
    for bits in (8, 16) if not isinstance(curve, Table) else (8,):
        values = np.linspace(0, 1, 2**bits, dtype=np.float32)
        assert np.rint(curve.encode(curve.decode(values)) * (2**bits - 1)) == pytest.approx(np.arange(2**bits))
    beyond = np.array([-0.5, -0.01, 1.5, 8], np.float32)
    assert curve.encode(curve.decode(beyond)) == pytest.approx(beyond, rel=1e-3)


def test_a_rounded_table_is_known_for_what_it_is() -> None:
    assert curve_of(np.rint(srgb_decode(np.linspace(0, 1, 1024)) * 65535) / 65535) == SRGB
    assert curve_of(np.linspace(0, 1, 1024) ** 2.2) == Power(2.2)
    assert isinstance(curve_of(lightness(np.linspace(0, 1, 1024, dtype=np.float32))), Table)
