"""PNG files: values, what their chunks say of colour, and resolution (PNG specification, third edition)."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.claims import MOST_DEFLATED, refuse_oversize, refuse_unheld
from rcl_cli.raw.pictures.decoded import Decoded, per_inch, with_alpha
from rcl_cli.raw.pictures.icc import make_profile
from rcl_cli.raw.pictures.png import told_chunks
from rcl_cli.raw.pictures.tone import LINEAR, SRGB, Curve, Power, Table
from rcl_cli.raw.unread import others_unread

Chunks = Mapping[bytes, bytes]

# The codec tells of damage without the name of the file; the reader has its own word for it.
logging.getLogger("imagecodecs").setLevel(logging.CRITICAL)

_INCHES_PER_METRE = 1 / 0.0254
_REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_PRIMARIES = {
    1: _REC_709,
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""ITU-T H.273's ColourPrimaries → x, y of red, green, blue and white."""
_SRGB_GAMMA = 45455
"""What files in sRGB say for those who know no better."""
_EXACT = 100_000
_LARGEST_PROFILE = 1 << 24
"""Bytes: a few hundred in a file unfold to gigabytes."""
_PALETTE = 3
_SAMPLES = {0: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}
"""Colour type → samples a pixel."""
_NOT_SAID = 2


def decode_png(path: Path) -> Decoded:
    """A PNG's values: palettes looked up, fewer than 8 bits stretched to 8, transparency as a plane.

    What gAMA, cHRM, sRGB and cICP chunks say becomes an ICC profile. Raises FileError if the file holds a range of
    light beyond the display's (PQ, HLG), the codec's errors if it is damaged.
    """
    data = path.read_bytes()
    _refuse_claim(path, data)
    pixels = _pixels(data)
    chunks = told_chunks(path)
    bits = 8 * pixels.dtype.itemsize
    values, alpha = with_alpha(pixels, bits)
    frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big")
    unread = others_unread(frames, "frames")
    return Decoded(values, bits, alpha, _profile(path, chunks), _resolution(chunks), unread=unread)


def _refuse_claim(path: Path, data: bytes) -> None:
    width, height, bits, kind = struct.unpack_from(">IIBB", data, 16)
    samples = _SAMPLES.get(kind, 4)
    refuse_oversize(path, width, height, 4 * (2 if bits == 16 else 1))
    refuse_unheld(path, width, height, height * (1 + samples * bits * width / 8) / MOST_DEFLATED, len(data))


def _pixels(data: bytes) -> NDArray[Any]:
    try:
        found = _array_for(data)
    except (KeyError, struct.error):  # the codec says what is wrong
        found = np.empty(0, np.uint8)
    try:
        return np.asarray(imagecodecs.png_decode(data, out=found))
    except ValueError:  # of another shape
        return np.asarray(imagecodecs.png_decode(data))
    except imagecodecs.PngError:
        # The codec keeps hold of the array for ever: at least let go of its memory.
        found.resize(0, refcheck=False)
        raise


def _array_for(data: bytes) -> NDArray[Any]:
    """What a PNG is decoded into, by its header: (H, W) or (H, W, C)."""
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    samples = (3 if color == _PALETTE else _SAMPLES[color]) + (
        color in (0, 2, 3) and data.find(b"tRNS", 0, max(data.find(b"IDAT"), 0)) >= 0
    )
    shape = (height, width) if samples == 1 else (height, width, samples)
    return np.empty(shape, np.uint16 if depth == 16 else np.uint8)


def _profile(path: Path, chunks: Chunks) -> bytes:
    """An ICC profile by the chunk that counts most; b"" where none says anything."""
    try:
        if (cicp := chunks.get(b"cICP")) and _NOT_SAID not in cicp[:2]:
            return make_profile(_primaries(path, cicp[0]), _curve(path, cicp))
        if iccp := chunks.get(b"iCCP"):
            return _inflated(path, iccp.partition(b"\0")[2][1:])
        if b"sRGB" in chunks:
            return make_profile(_REC_709, SRGB)
        return _by_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""))
    except (struct.error, zlib.error, IndexError, imagecodecs.CmsError):
        return b""


def _inflated(path: Path, data: bytes) -> bytes:
    stream = zlib.decompressobj()
    profile = stream.decompress(data, _LARGEST_PROFILE)
    if stream.unconsumed_tail:
        raise FileError(path, f"holds a colour profile of more than {_LARGEST_PROFILE >> 20} MiB; it is damaged")
    return profile if stream.eof else b""


def _by_gamma(gama: bytes, chrm: bytes) -> bytes:
    if not gama and not chrm:
        return b""
    (gamma,) = struct.unpack(">I", gama) if gama else (_SRGB_GAMMA,)
    white_first = [value / _EXACT for value in struct.unpack(">8I", chrm)] if chrm else None
    primaries = [*white_first[2:], *white_first[:2]] if white_first else _REC_709
    if gamma == 0:
        return b""
    return make_profile(primaries, SRGB if gamma == _SRGB_GAMMA else Power(_EXACT / gamma))


def _primaries(path: Path, number: int) -> tuple[float, ...]:
    if number not in _PRIMARIES:
        raise FileError(path, f"is a PNG with colours of a kind that is not read (primaries {number}); make it sRGB")
    return _PRIMARIES[number]


def _curve(path: Path, cicp: bytes) -> Curve:
    _, transfer, matrix, full_range = cicp
    if matrix == 0 and full_range == 1:
        match transfer:
            case 1 | 6 | 14 | 15:
                light = np.linspace(0, 1, 4097)
                return Table(np.where(light < 0.081, light / 4.5, ((light + 0.099) / 1.099) ** (1 / 0.45)))
            case 4:
                return Power(2.2)
            case 5:
                return Power(2.8)
            case 8:
                return LINEAR
            case 13:
                return SRGB
    kind = {16: "PQ", 18: "HLG"}.get(transfer, f"transfer {transfer}" if full_range else "narrow range")
    raise FileError(path, f"is a PNG with values of a kind that is not read ({kind}); make it sRGB or OpenEXR")


def _resolution(chunks: Chunks) -> tuple[float, float] | None:
    phys = chunks.get(b"pHYs", b"")
    if len(phys) != 9 or phys[8] != 1:
        return None
    across, down = struct.unpack_from(">II", phys)
    return per_inch(across, down, _INCHES_PER_METRE)
