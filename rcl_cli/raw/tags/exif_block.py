"""What every file of ours says of the shot, in EXIF's form: the source's own words, and ours where it has none."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.tags.carried import DESCRIPTION, EXIF_POINTER, GPS_POINTER, carried
from rcl_cli.raw.tags.exif import LARGEST_SHORT_ISO
from rcl_cli.raw.tags.ifd import HEADER, Entry, directory, longs, numbers, rationals, shorts, text, undefined
from rcl_cli.raw.tags.xmp import SOFTWARE

"""For the Software tag."""
_MAKE, _MODEL, _SOFTWARE = 271, 272, 305
_OF_PROGRAMS = ('{"shape"', "ImageJ=", "<?xml", "<OME")
"""What some programs keep in a caption for themselves of how the file's pixels lie."""
_OUR_NOTE = re.compile(r" ?\(?\w+ by rcl with .*", re.DOTALL)
"""What a result that is a source again was told (`Record.words`)."""
_VERSION, _EXPOSURE, _SHUTTER, _ISO = 36864, 33434, 37377, 34855
_SENSITIVITY = frozenset((_ISO, *range(34864, 34870)))
_EXIF_VERSION = b"0232"
_SRGB, _UNCALIBRATED = 1, 0xFFFF
"""ColorSpace: what has a profile says itself what it is."""
_SAME_EXPOSURE = 0.01
"""Cameras say 1/60 where they mean 1/64."""


def naming_entries(metadata: Metadata, note: str) -> list[Entry]:
    """Camera, program, author, time, resolution and, where there is one, a note: tags of a picture's first directory.

    A caption that the source has goes before the note.
    """
    told = {entry.code: entry for entry in carried(metadata.path).first}
    caption = told.pop(DESCRIPTION, None)
    words = "" if caption is None else caption.data.decode(errors="replace").strip("\0 ")
    words = "" if words.startswith(_OF_PROGRAMS) else _OUR_NOTE.sub("", words)
    said = f"{words} ({note})" if words and note else words or note
    texts = {DESCRIPTION: said, _MAKE: metadata.make, _MODEL: metadata.model, _SOFTWARE: SOFTWARE}
    entries = [*(text(code, words) for code, words in texts.items() if words), *told.values()]
    if metadata.resolution is not None:
        across, down = metadata.resolution
        # XResolution, YResolution, ResolutionUnit: inch
        entries += [rationals(282, [across]), rationals(283, [down]), shorts(296, 2)]
    return entries


def required_first(metadata: Metadata, *, jpeg: bool = False) -> list[Entry]:
    """Tags that the first directory of a picture must have by the standards, where `naming_entries` has them not."""
    entries = []
    if metadata.resolution is None:
        entries += [rationals(282, [1]), rationals(283, [1]), shorts(296, 1)]  # square pixels, of no size that is known
    return [*entries, shorts(531, 1)] if jpeg else entries  # YCbCrPositioning: centred


def required_exif(height: int, width: int, *, srgb: bool, jpeg: bool = False) -> list[Entry]:
    """The same of the EXIF directory. `srgb`: colours are, and no profile says so."""
    entries = [undefined(40960, b"0100"), shorts(40961, _SRGB if srgb else _UNCALIBRATED)]
    if not jpeg:
        return entries
    return [*entries, undefined(37121, b"\1\2\3\0"), longs(40962, width), longs(40963, height)]


def shot_entries(metadata: Metadata) -> list[Entry]:
    """Tags of the EXIF directory. Exposure and ISO are those of `metadata`, whatever the source's own tags say."""
    told = {entry.code: entry for entry in carried(metadata.path).exif}
    own = {entry.code: entry for entry in _shot(metadata)}
    if _EXPOSURE in own and not _same_exposure(metadata, told.get(_EXPOSURE)):
        told = _without(told, (_EXPOSURE, _SHUTTER))
    if _ISO in own and (_ISO not in told or told[_ISO].data != own[_ISO].data):
        told = _without(told, _SENSITIVITY)
    return [undefined(_VERSION, _EXIF_VERSION), *(own | told).values()]


def shot_block(metadata: Metadata, offset: int, more: Iterable[Entry] = ()) -> tuple[list[Entry], bytes]:
    """The EXIF directory, with `more`, and the GPS directory where the source has one, to stand at `offset`.

    Returns the pointers to them, for the first directory, and their bytes, whose number does not depend on `offset`.
    """
    entries = {entry.code: entry for entry in (*shot_entries(metadata), *more)}
    exif = directory([*entries.values()], offset)
    pointers, gps = [longs(EXIF_POINTER, offset)], carried(metadata.path).gps
    if not gps:
        return pointers, exif
    gps_at = offset + len(exif)
    return [*pointers, longs(GPS_POINTER, gps_at)], exif + directory(gps, gps_at)


def exif_block(
    metadata: Metadata, orientation: int, note: str, first: Iterable[Entry] = (), exif: Iterable[Entry] = ()
) -> bytes:
    """A TIFF structure without pixels, as JPEG and PNG carry it; `first` and `exif`: more tags of the directories."""
    more = list(exif)
    first = [*naming_entries(metadata, note), shorts(274, orientation), *first]
    exif_at = len(HEADER) + len(directory([*first, *shot_block(metadata, 0, more)[0]], len(HEADER)))
    pointers, shot = shot_block(metadata, exif_at, more)
    return HEADER + directory([*first, *pointers], len(HEADER)) + shot


def _shot(metadata: Metadata) -> Iterable[Entry]:
    if metadata.exposure_s is not None:
        yield rationals(_EXPOSURE, [metadata.exposure_s])
    if metadata.iso is not None:
        yield shorts(_ISO, min(round(metadata.iso), LARGEST_SHORT_ISO))
    if metadata.iso is not None and metadata.iso >= LARGEST_SHORT_ISO:
        yield shorts(34864, 2)  # SensitivityType: the recommended exposure index
        yield longs(34866, round(metadata.iso))  # RecommendedExposureIndex


def _same_exposure(metadata: Metadata, told: Entry | None) -> bool:
    found = [] if told is None else numbers(told)
    exposure = metadata.exposure_s or 0.0
    return len(found) == 1 and abs(found[0] - exposure) <= _SAME_EXPOSURE * exposure


def _without(entries: dict[int, Entry], codes: Iterable[int]) -> dict[int, Entry]:
    left = set(codes)
    return {code: entry for code, entry in entries.items() if code not in left}
