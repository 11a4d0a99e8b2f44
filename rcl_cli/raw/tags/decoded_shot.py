"""What LibRaw knows of the shot of raws that have no EXIF directory, such as CRW, in EXIF's form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.raw.libraw import read_header
from rcl_cli.raw.tags.ifd import Entry, rationals, text

_ARTIST, _F_NUMBER, _TIME, _FOCAL_LENGTH, _LENS = 315, 33437, 36867, 37386, 42036
_CIFF = b"HEAPCCDR"


def decoded_shot(path: Path) -> tuple[list[Entry], list[Entry]]:
    """Entries for the first and for the EXIF directory: artist; aperture, time, focal length and lens.

    Those alone that are known. Raises nothing.
    """
    try:
        other, lens = read_header(path)
        with path.open("rb") as file:
            seconds_of_the_wall_clock = file.read(14)[6:] == _CIFF
    except (FileError, OSError):
        return [], []
    time = other.timestamp
    if seconds_of_the_wall_clock:  # as if the camera lived in Greenwich
        time = datetime.fromtimestamp(time.timestamp(), UTC)
    artist, model = other.artist.strip(), str(getattr(lens, "model", "") or "").strip()
    return [text(_ARTIST, artist)] if artist else [], list(_exif(other.aperture, other.focal_length, time, model))


def _exif(aperture: float, focal_length: float, time: datetime, lens: str) -> Iterator[Entry]:
    # A number that is not known is 0; some readers of files without any make it 1.
    if aperture > 0 and focal_length > 0:
        yield rationals(_F_NUMBER, [round(aperture, 2)])
        yield rationals(_FOCAL_LENGTH, [round(focal_length, 2)])
    if time.year > 1970:
        yield text(_TIME, time.strftime("%Y:%m:%d %H:%M:%S"))
    if lens:
        yield text(_LENS, lens)
