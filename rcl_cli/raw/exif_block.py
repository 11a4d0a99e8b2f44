"""What every file of ours says of the shot, in EXIF's form."""

from __future__ import annotations

from importlib.metadata import version

from rcl_cli.raw.exif import LARGEST_SHORT_ISO
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.ifd import HEADER, Entry, directory, longs, rationals, shorts, text, undefined

SOFTWARE = f"rcl {version('rcl-cli')}"
"""For the Software tag."""
EXIF_POINTER = 34665


def naming_entries(metadata: Metadata, note: str) -> list[Entry]:
    """Camera, program, resolution and, where there is one, a note: tags of a picture's first directory."""
    texts = {270: note, 271: metadata.make, 272: metadata.model, 305: SOFTWARE}
    entries = [text(code, words) for code, words in texts.items() if words]
    if metadata.resolution is not None:
        across, down = metadata.resolution
        # XResolution, YResolution, ResolutionUnit: inch
        entries += [rationals(282, [across]), rationals(283, [down]), shorts(296, 2)]
    return entries


def shot_entries(metadata: Metadata) -> list[Entry]:
    """Exposure and ISO: tags of the EXIF directory."""
    entries = [undefined(36864, b"0231")]  # ExifVersion
    if metadata.exposure_s is not None:
        entries.append(rationals(33434, [metadata.exposure_s]))
    if metadata.iso is not None:
        entries.append(shorts(34855, min(round(metadata.iso), LARGEST_SHORT_ISO)))
    if metadata.iso is not None and metadata.iso >= LARGEST_SHORT_ISO:
        entries.append(shorts(34864, 2))  # SensitivityType: the recommended exposure index
        entries.append(longs(34866, round(metadata.iso)))  # RecommendedExposureIndex
    return entries


def exif_block(metadata: Metadata, orientation: int, note: str) -> bytes:
    """A TIFF structure without pixels, as JPEG and PNG carry it."""
    first = [*naming_entries(metadata, note), shorts(274, orientation)]
    exif_at = len(HEADER) + len(directory([*first, longs(EXIF_POINTER, 0)], len(HEADER)))
    block = directory([*first, longs(EXIF_POINTER, exif_at)], len(HEADER))
    return HEADER + block + directory(shot_entries(metadata), exif_at)
