"""The tags of a DNG of ours: what the source says and is still true, and our own where it says nothing."""

from __future__ import annotations

from math import ceil, floor

from rcl_cli.raw.dng import carried_tags as carried
from rcl_cli.raw.dng.noise_tag import noise_entry
from rcl_cli.raw.dng.opcodes import enlarged, gain_maps_of_rgb, names
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.srgb import XYZ_TO_SRGB
from rcl_cli.raw.tags.exif_block import naming_entries
from rcl_cli.raw.tags.ifd import Entry, longs, octets, packet, rationals, shorts, signed_rationals, text, undefined
from rcl_cli.raw.tags.xmp import XMP_TAG

_D65 = 21
_MODEL, _COLOR_MATRIX, _ILLUMINANT = 50708, 50721, 50778
_OPCODES = frozenset([carried.OPCODES_READ, carried.OPCODES_LINEAR, carried.OPCODES_RGB])
_CROP_ORIGIN, _CROP_SIZE, _DEFAULT_SCALE = 50719, 50720, 50718
_EXACT = 1e-6
_OF_THE_RAW = _OPCODES | carried.MOSAIC_ONLY | {carried.GAIN_TABLE_MAP}
"""Tags that stand in the raw's own directory."""


def first_entries(picture: Picture, note: str) -> list[Entry]:
    """Of directory 0: who took it with what, its colours, what was done to it. `note`: for whoever opens the file."""
    told = {entry.code: entry for entry in _kept(picture) if entry.code not in _OF_THE_RAW}
    own = [*_own_colours(picture), *naming_entries(picture.metadata, note)]
    if told.keys() & carried.COLOR_MATRICES:
        own = [entry for entry in own if entry.code not in (_COLOR_MATRIX, _ILLUMINANT)]
    if carried.AS_SHOT_WHITE_XY in told:
        own = [entry for entry in own if entry.code != carried.AS_SHOT_NEUTRAL]
    own.append(octets(50706, 1, 6 if max(told, default=0) >= carried.GAIN_TABLE_MAP else 4, 0, 0))  # DNGVersion
    own.append(octets(50707, 1, 1, 0, 0))  # DNGBackwardVersion
    if picture.record is not None:
        own.append(packet(XMP_TAG, picture.record.packet()))
    if picture.denoised:
        own.append(rationals(carried.NOISE_REDUCTION, [1.0]))  # from 0 to 1
    return list({**{entry.code: entry for entry in own}, **told}.values())


def raw_entries(picture: Picture) -> list[Entry]:
    """Of the raw's directory: its frame, corrections still to be applied, the noise that is left."""
    told = [entry for entry in _kept(picture) if entry.code in _OF_THE_RAW]
    noise = [] if picture.noise_profile is None else [noise_entry(picture.noise_profile)]
    return [*told, *_shown(picture), *noise]


def _kept(picture: Picture) -> list[Entry]:
    """What the source says and is true of the result."""
    if not picture.camera_rgb:
        return []
    gone = set[int]()
    if picture.denoised:
        gone |= {carried.BASELINE_NOISE, carried.NOISE_REDUCTION}
    if picture.scale != 1:
        gone.add(carried.BASELINE_SHARPNESS)
    if picture.cfa is None:
        gone |= carried.MOSAIC_ONLY
    if picture.scale != 1 or picture.cfa != picture.source_cfa:
        gone.add(carried.OPCODES_READ)
    if picture.scale != 1 and picture.cfa is not None:
        gone.add(carried.OPCODES_LINEAR)
    told = (_adapted(entry, picture) for entry in picture.metadata.dng_tags if entry.code not in gone)
    return [entry for entry in told if entry.data]


def _adapted(entry: Entry, picture: Picture) -> Entry:
    """An entry of opcodes as it holds for the result's layout and size."""
    scale, source = picture.scale, picture.source_cfa
    if entry.code == carried.OPCODES_LINEAR and picture.cfa is None and source is not None:
        return undefined(entry.code, gain_maps_of_rgb(entry.data, source, scale))
    if entry.code in (carried.OPCODES_LINEAR, carried.OPCODES_RGB) and scale != 1:
        return undefined(entry.code, enlarged(entry.data, scale))
    return entry


def lost_corrections(picture: Picture, *, dng: bool) -> list[str]:
    """What the source says is to be corrected and the result, a DNG or not, has neither applied nor said."""
    if not picture.camera_rgb:
        return []
    kept = {entry.code: names(entry.data) for entry in _kept(picture)} if dng else {}
    lost = list(picture.metadata.lost_corrections)
    for entry in picture.metadata.dng_tags:
        if entry.code in _OPCODES:
            lost += [name for name in names(entry.data) if name not in kept.get(entry.code, ())]
    return list(dict.fromkeys(lost))


def _own_colours(picture: Picture) -> list[Entry]:
    metadata = picture.metadata
    known = metadata.xyz_to_camera if picture.camera_rgb else picture.xyz_to_rgb
    matrix = XYZ_TO_SRGB if known is None else known
    entries = [
        shorts(274, metadata.orientation),
        text(_MODEL, metadata.camera or "Unknown camera"),
        signed_rationals(_COLOR_MATRIX, [float(value) for value in matrix.ravel()]),
        shorts(_ILLUMINANT, _D65),
    ]
    if picture.camera_rgb and metadata.white_balance is not None:
        entries.append(rationals(carried.AS_SHOT_NEUTRAL, [1 / gain for gain in metadata.white_balance]))
    return entries


def _shown(picture: Picture) -> list[Entry]:
    """What of the pixels is to be shown, and how wide they are."""
    crop, aspect = picture.metadata.default_crop, picture.metadata.pixel_aspect
    top, left, height, width = (0, 0, *picture.pixels.shape[:2]) if crop is None else (picture.scale * v for v in crop)
    # Whole pixels, inside what is asked for: darktable opens no other crop.
    (first_row, last_row), (first, last) = _whole(top, height), _whole(left, width)
    entries = [longs(_CROP_ORIGIN, first, first_row), longs(_CROP_SIZE, last - first, last_row - first_row)]
    return entries if aspect == 1 else [*entries, rationals(_DEFAULT_SCALE, [max(aspect, 1.0), max(1 / aspect, 1.0)])]


def _whole(start: float, length: float) -> tuple[int, int]:
    """The whole pixels from start on, and where they end.

    >>> _whole(3.6, 473.6), _whole(4, 598.0), _whole(0.2, 0.5)
    ((4, 477), (4, 602), (0, 1))
    """
    first, end = ceil(start - _EXACT), floor(start + length + _EXACT)
    return (first, end) if first < end else (floor(start), floor(start) + 1)
