"""What a DNG says of its camera and its colours, byte by byte, so that a result can say it too.

Left out is what was true of the source's file or pixels alone: storage, levels, digests, previews. Tag codes, counts
and meanings as in Adobe's DNG specification 1.7.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from rcl_cli.raw.dng.jpegxl import is_jpegxl
from rcl_cli.raw.dng.opcodes import names, split_after_polynomials
from rcl_cli.raw.tags.ifd import Entry
from rcl_cli.raw.tags.tiff_tags import TiffTags

AS_SHOT_NEUTRAL, AS_SHOT_WHITE_XY = 50728, 50729
BASELINE_NOISE, BASELINE_SHARPNESS, NOISE_REDUCTION = 50731, 50732, 50935
OPCODES_READ, OPCODES_LINEAR, OPCODES_RGB = 51008, 51009, 51022
"""OpcodeList1, 2 and 3: for the values as stored, the linear ones and the demosaiced ones."""
MOSAIC_ONLY = frozenset([50733, 50737, 50738, 50780])
"""BayerGreenSplit, ChromaBlurRadius, AntiAliasStrength, BestQualityScale."""

GAIN_TABLE_MAP = 52525
"""ProfileGainTableMap, the first of the tags that came with DNG 1.6."""
COLOR_MATRICES = frozenset([50721, 50722, 52531])

_LENS_INFO = 50736
_LOSSY_JPEG = 34892
_APPLIED = "MapPolynomial"
"""What has been applied to lossy raws."""
_COUNTS: Mapping[int, int] = {
    **dict.fromkeys((50721, 50722, 52531, 50723, 50724, 52530, 50964, 50965, 52532), 9),  # matrices, all 3×3
    **dict.fromkeys((50778, 50779, 52529), 1),  # CalibrationIlluminant
    **dict.fromkeys((50730, BASELINE_NOISE, BASELINE_SHARPNESS, 50734, 50739, NOISE_REDUCTION, 51109, 51110), 1),
    **dict.fromkeys((50733, 50737, 50738, 50780, 50879, 50941, 51107, 51108, 52551), 1),
    **dict.fromkeys((50727, AS_SHOT_NEUTRAL, 50937, 50981), 3),
    AS_SHOT_WHITE_XY: 2,
    **dict.fromkeys((_LENS_INFO, 51125), 4),  # DefaultUserCrop
}
"""Tags of numbers, and how many a file of three colours has."""
_ANY_LENGTH = frozenset(
    (
        *(50708, 50709, 50735, 50740, 50741, 50827),  # model, serial number, private data, the raw file's name
        *(50831, 50832, 50833, 50834),  # AsShotICCProfile, CurrentICCProfile, each with its matrix
        *(50931, 50932, 50934, 50936, 50942, 52552),  # calibration signatures, names of the profile
        *(50938, 50939, 52537, 50940, 50982),  # HueSatMapData, ProfileToneCurve, LookTableData
        *(52533, 52534, 52535, GAIN_TABLE_MAP, 52543, 52544),  # IlluminantData, gain tables, RGBTables
        *(51043, 51044, 51058, 51105),  # TimeCodes, FrameRate, TStop, ReelName
        *(OPCODES_READ, OPCODES_LINEAR, OPCODES_RGB),
    )
)
_IN_FILE_ORDER = frozenset([52533, 52534, 52535, 52543, 52544])
"""Bytes whose numbers lie in the file's byte order; these are kept only where that is ours."""
_NUMBERS = {1: "u1", 3: "<u2", 4: "<u4", 5: "<u4", 6: "i1", 8: "<i2", 9: "<i4", 10: "<i4", 11: "<f4", 12: "<f8"}
"""NumPy types by TIFF types."""
_FRACTIONS = (5, 10)


def carried_tags(path: Path, tags: TiffTags) -> tuple[Entry, ...]:
    """The entries of a DNG that hold for a result as well, by code; none of any other file.

    Damaged ones are left out: a wrong number of values, or a denominator of zero. Raises OSError.
    """
    if not tags.dng:
        return ()
    with path.open("rb") as file:
        big_endian = file.read(2) == b"MM"
    found = (_entry(code, tags, big_endian) for code in sorted((*_COUNTS, *_ANY_LENGTH)))
    kept = (_still_right(entry, tags) for entry in found if entry is not None)
    return tuple(entry for entry in kept if entry.data)


def lost_corrections(tags: TiffTags) -> tuple[str, ...]:
    """The opcodes of a DNG that are not among its `carried_tags`, because they do not hold for what was decoded."""
    if not tags.dng:
        return ()
    lost: list[str] = []
    for code, name in ((OPCODES_READ, "OpcodeList1"), (OPCODES_LINEAR, "OpcodeList2")):
        value = tags.values.get(name)
        if isinstance(value, bytes):
            known = names(_still_right(Entry(code, 7, value), tags).data)
            lost += [opcode for opcode in names(value) if opcode not in (*known, _APPLIED)]
    return tuple(lost)


def _still_right(entry: Entry, tags: TiffTags) -> Entry:
    """The entry with those opcodes alone that hold for the visible area and for the values that were decoded."""
    # Places in the first list count from the corner of what is stored, not from that of what is visible.
    if entry.code == OPCODES_READ and tags.numbers("ActiveArea")[:2].any():
        return replace(entry, data=b"")
    # The polynomials of the second one have been applied to what is lossy, and nothing else of it.
    if entry.code == OPCODES_LINEAR and (_LOSSY_JPEG in tags.raw_numbers("Compression") or is_jpegxl(tags)):
        return replace(entry, data=split_after_polynomials(entry.data)[1])
    return entry


def _entry(code: int, tags: TiffTags, big_endian: bool) -> Entry | None:
    name = tifffile.TIFF.TAGS.get(code, str(code))
    value, kind = tags.values.get(name), tags.values.get(f"{name} type")
    if value is None or kind is None or (big_endian and code in _IN_FILE_ORDER):
        return None
    try:
        entry = Entry(code, int(kind), _data(value, int(kind)))
        if code == GAIN_TABLE_MAP and big_endian:
            return Entry(code, entry.kind, _swapped_gain_table(entry.data))
        whole = entry.count == _COUNTS.get(code, entry.count) > 0
    except (KeyError, TypeError, ValueError, OverflowError, struct.error):
        return None
    return entry if whole and (code == _LENS_INFO or _divisible(entry)) else None


def _data(value: Any, kind: int) -> bytes:
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, bytes):
        return value
    return np.asarray(value).ravel().astype(_NUMBERS[kind]).tobytes()


def _divisible(entry: Entry) -> bool:
    # An unknown lens has fractions of zero by zero; nothing else may.
    return entry.kind not in _FRACTIONS or bool(np.frombuffer(entry.data, "<u4")[1::2].all())


def _swapped_gain_table(data: bytes) -> bytes:
    """ProfileGainTableMap from big to little endian: two sizes, four doubles, then words of four bytes."""
    sizes, places, rest = data[:8], data[8:40], data[40:]
    return b"".join(
        np.frombuffer(part, f">u{size}").astype(f"<u{size}").tobytes()
        for part, size in ((sizes, 4), (places, 8), (rest, 4))
    )
