"""ICC profiles: the tone curves and primaries in them, asked of LittleCMS, and making profiles of given ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import imagecodecs
import numpy as np
from imagecodecs import CMS
from numpy.typing import NDArray

from rcl_cli.raw.pictures.tone import LINEAR, SRGB, Curve, Power, curve_of

ADOBE_RGB, ADOBE_CURVE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290), Power(563 / 256)
"""Adobe RGB (1998): x, y of red, green, blue and white, and its tone curve."""

_STEPS = 4097
_AS_IS = CMS.FLAGS.NOOPTIMIZE | CMS.FLAGS.NOCACHE
_D50_TO_D65 = np.array(
    [[0.9555766, -0.0230393, 0.0631636], [-0.0282895, 1.0099416, 0.0210077], [0.0122982, -0.0204830, 1.3299098]]
)
_HEADER_BYTES = 132


@dataclass(frozen=True, eq=False)
class ColorProfile:
    """What a file says of its colours."""

    data: bytes
    """The ICC profile itself, carried to results as it is."""
    curves: tuple[Curve, ...] = ()
    """One for all planes, or one each for R, G, B; none where the profile is of another kind than the picture."""
    to_xyz: NDArray[np.float64] | None = None
    """(3, 3): linear RGB to XYZ (D65); None for grey."""

    @property
    def transfer(self) -> str:
        """ "srgb", "linear" or "profile": the curve, as in `RgbFrame`; "srgb" where the profile tells none."""
        if not self.curves:
            return "srgb"
        names = {"linear" if curve == LINEAR else "srgb" if curve == SRGB else "profile" for curve in self.curves}
        return names.pop() if len(names) == 1 else "profile"


@lru_cache(maxsize=16)
def read_profile(data: bytes) -> ColorProfile:
    """Curves and primaries of a profile, as far as they can be told; raises nothing.

    One by look-up tables, as scanners and printers have, counts as the curve of its greys.
    """
    try:
        match data[16:20]:
            case b"GRAY":
                return ColorProfile(data, (curve_of(_rising(_light(data, "gray"))),))
            case b"RGB ":
                return _rgb_profile(data)
    except (imagecodecs.CmsError, ValueError):
        pass
    return ColorProfile(data)


def curves_of(transfer: str, profile: ColorProfile | None) -> tuple[Curve, ...]:
    """The curve of all planes, or those of R, G, B, that "srgb", "linear" or "profile" stands for."""
    if transfer == "profile" and profile is not None and profile.curves:
        return profile.curves
    return (LINEAR,) if transfer == "linear" else (SRGB,)


def _rgb_profile(data: bytes) -> ColorProfile:
    to_xyz = _D50_TO_D65 @ _to_xyz(data, np.eye(3, dtype=np.float32), "rgb").T
    if np.linalg.cond(to_xyz) > 1e4:
        return ColorProfile(data)
    if _by_tables(data):
        return ColorProfile(data, (curve_of(_rising(_light(data, "rgb"))),), to_xyz)
    curves = tuple(curve_of(_rising(_light(data, "rgb", plane))) for plane in range(3))
    steps = np.linspace(0, 1, 65, dtype=np.float32)
    red, green, blue = (curve.decode(steps) for curve in curves)
    same = max(np.abs(green - red).max(), np.abs(green - blue).max()) < 1e-3
    return ColorProfile(data, curves[1:2] if same else curves, to_xyz)


def make_profile(chromaticities: Sequence[float], curve: Curve) -> bytes:
    """An RGB profile by the x, y of red, green, blue and white, and a tone curve."""
    primaries, white = list(chromaticities[:6]), list(chromaticities[6:])
    if isinstance(curve, Power):
        made = imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=curve.exponent)
    else:
        light = curve.decode(np.linspace(0, 1, _STEPS, dtype=np.float32))
        table = np.rint(np.clip(light, 0, 1) * 65535).astype(np.uint16)
        made = imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, transferfunction=table)
    return bytes(made)


@lru_cache(maxsize=16)
def display_profile(profile: ColorProfile) -> bytes:
    """A profile of the same primaries with the sRGB curve, for linear values that a file of few bits is to hold."""
    if profile.to_xyz is None:
        return bytes(imagecodecs.cms_profile("srgb"))
    return make_profile(chromaticities(profile.to_xyz), SRGB)


def chromaticities(to_xyz: NDArray[np.float64]) -> tuple[float, ...]:
    """x, y of red, green, blue and white by a matrix from RGB to XYZ.

    >>> from rcl_cli.raw.srgb import XYZ_TO_SRGB
    >>> [round(value, 3) for value in chromaticities(np.linalg.inv(XYZ_TO_SRGB))]
    [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.313, 0.329]
    """
    colors = np.concatenate([to_xyz, to_xyz.sum(axis=1, keepdims=True)], axis=1)
    return tuple(float(value) for value in (colors[:2] / colors.sum(axis=0)).T.ravel())


def to_srgb(cmyk: NDArray[np.uint16], data: bytes) -> NDArray[np.uint16]:
    """(H, W, 4) ink, 65535 = full, → (H, W, 3) sRGB values, by a CMYK profile. Raises CmsError where it is none."""
    found: NDArray[np.uint16] = imagecodecs.cms_transform(
        cmyk,
        data,
        imagecodecs.cms_profile("srgb"),
        colorspace="cmyk",
        outcolorspace="rgb",
        intent=CMS.INTENT.RELATIVE_COLORIMETRIC,
        flags=CMS.FLAGS.BLACKPOINTCOMPENSATION,
    )
    return found


def _light(data: bytes, space: str, plane: int | None = None) -> NDArray[np.float64]:
    """Light along a ramp of grey, or of one plane; the sum of X, Y and Z, as some primaries have hardly any Y."""
    steps = np.linspace(0, 1, _STEPS, dtype=np.float32)
    ramp = steps
    if space == "rgb":
        ramp = np.zeros((_STEPS, 3), np.float32)
        ramp[:, slice(None) if plane is None else slice(plane, plane + 1)] = steps[:, None]
    return np.asarray(_to_xyz(data, ramp, space).sum(axis=1))


def _to_xyz(data: bytes, values: NDArray[np.float32], space: str) -> NDArray[np.float64]:
    """(N, C) → (N, 3), XYZ relative to D50."""
    found: NDArray[np.float32] = imagecodecs.cms_transform(
        values[None],
        data,
        imagecodecs.cms_profile("xyz"),
        colorspace=space,
        outcolorspace="xyz",
        outdtype=np.float32,
        intent=CMS.INTENT.RELATIVE_COLORIMETRIC,
        flags=_AS_IS,
    )
    return found.astype(np.float64).reshape(-1, 3)


def _rising(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled to run from 0 to 1. Raises ValueError where it does not rise."""
    if not np.isfinite(light).all() or light[-1] - light[0] < 1e-3:
        raise ValueError("no tone curve")
    scaled: NDArray[np.float64] = np.clip((light - light[0]) / (light[-1] - light[0]), 0, 1)
    return scaled


def _by_tables(data: bytes) -> bool:
    count = int.from_bytes(data[128:_HEADER_BYTES], "big")
    entries = (data[at : at + 4] for at in range(_HEADER_BYTES, min(_HEADER_BYTES + 12 * count, len(data)), 12))
    return any(entry.startswith((b"A2B", b"D2B")) for entry in entries)
