"""Camera, ISO, exposure and orientation as the file says them, also where the EXIF block is hidden or missing."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from rcl_cli.raw.pictures.riff import riff_chunks
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags

LARGEST_SHORT_ISO = 65535
"""What the 16 bit ISO tag holds where the ISO is as high or higher: another tag has the true one (EXIF 2.3)."""

_HEAD = 64
_SEARCHED = 1 << 20
_TIFF_START = re.compile(rb"(?<=Exif\0\0)(?=II\*\0|MM\0\*)|(?=II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08)")
_PNG = b"\x89PNG\r\n\x1a\n"
_CIFF_FOLDERS = (0x2807, 0x300A)
_CIFF_CAMERA = 0x080A
_QUICKTAKE = {b"qktk": "QuickTake 100", b"qktn": "QuickTake 150"}
_OUTPUT, _INDEX, _SPEED = "StandardOutputSensitivity", "RecommendedExposureIndex", "ISOSpeed"
_INCHES = {2: 1.0, 3: 1 / 2.54}
"""ResolutionUnit → inches."""
_MEANT = {1: _OUTPUT, 2: _INDEX, 3: _SPEED, 4: _INDEX, 5: _SPEED, 6: _INDEX, 7: _INDEX}
"""SensitivityType → which tag the ISO tag repeats."""


@dataclass(frozen=True)
class Exif:
    """What the file says of the shot; empty, None or 1 (upright) where it says nothing."""

    make: str = ""
    model: str = ""
    iso: float | None = None
    exposure_s: float | None = None
    orientation: int = 1
    resolution: tuple[float, float] | None = None
    """Pixels per inch, across and down."""

    @property
    def named(self) -> bool:
        """True where the camera is."""
        return bool(self.make or self.model)


def read_exif(path: Path, tags: TiffTags) -> Exif:
    """EXIF of any picture or raw; `tags`: of the file itself, empty if it is no TIFF.

    Raises OSError if the file cannot be read; damaged blocks count as missing.
    """
    own = exif_of(tags)
    if own.named:
        return own
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head[6:14] == b"HEAPCCDR":
            return _from_ciff(head + file.read())
        if head[:4] in _QUICKTAKE:
            return Exif("Apple", _QUICKTAKE[head[:4]])
        found = [own]
        for _, block in exif_blocks(file):
            found.append(exif_of(read_tiff_tags(BytesIO(block))))
            if found[-1].named:
                return found[-1]
    return next((exif for exif in found if exif != Exif()), Exif())


def exif_blocks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The TIFF structures inside a file that is none itself, each with the four bytes before it.

    JPEG, PNG and WebP have one, and so have raws: bare (CR3, MRW) or in a JPEG.
    """
    file.seek(0)
    head = file.read(_SEARCHED)
    if head.startswith(_PNG):
        yield b"eXIf", _png_block(file)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        yield b"EXIF", riff_chunks(head + file.read()).get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    else:
        # What stands at the very start is the file's own structure.
        for found in _TIFF_START.finditer(head, 1):
            yield head[max(0, found.start() - 4) : found.start()], head[found.start() :]


def exif_of(tags: TiffTags) -> Exif:
    """What the tags of a file, or of a block inside it, say."""
    orientation = _number(tags.first.get("Orientation"))
    return Exif(
        make=_text(tags.first.get("Make")) or _printable(tags.text("Make")),
        model=_text(tags.first.get("Model")) or _printable(tags.text("Model")),
        iso=_iso(tags.exif) or _iso(tags.first),
        exposure_s=_ratio(tags.exif.get("ExposureTime")) or _ratio(tags.first.get("ExposureTime")),
        orientation=int(orientation) if orientation and orientation <= 8 else 1,
        resolution=_resolution(tags.first),
    )


def _resolution(tags: Mapping[str, Any]) -> tuple[float, float] | None:
    across, down = _ratio(tags.get("XResolution")), _ratio(tags.get("YResolution"))
    inches = _INCHES.get(int(_number(tags.get("ResolutionUnit")) or 2))
    return (across / inches, down / inches) if across and down and inches else None


def _iso(exif: Mapping[str, Any]) -> float | None:
    iso = _number(exif.get("ISOSpeedRatings"))
    if iso is not None and iso < LARGEST_SHORT_ISO:
        return iso
    meant = _MEANT.get(int(_number(exif.get("SensitivityType")) or 0), _INDEX)
    others = (_number(exif.get(name)) for name in dict.fromkeys((meant, _INDEX, _OUTPUT, _SPEED)))
    return next((other for other in others if other is not None), iso)


def _text(value: Any) -> str:
    return _printable(value) if isinstance(value, str) else ""


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _number(value: Any) -> float | None:
    """The value, the first if there are several; None unless it is finite and above 0."""
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None


def _ratio(value: Any) -> float | None:
    match value:
        case (int(numerator), int(denominator)) if numerator > 0 and denominator > 0:
            return numerator / denominator
    return None


def _png_block(file: BinaryIO) -> bytes:
    """The content of the eXIf chunk, which may stand behind the pixels; empty where there is none."""
    at = len(_PNG)
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return b""
        size, kind = struct.unpack(">I4s", head)
        if kind == b"eXIf":
            return file.read(size)
        at += 12 + size


def _from_ciff(data: bytes) -> Exif:
    # Canon's CRW: a heap of records, folders among them, each folder's table at its end.
    order = "<" if data[:2] == b"II" else ">"
    try:
        (header,) = struct.unpack_from(order + "I", data, 2)
        record = _find_in_ciff(data, order, header, len(data), depth=4)
    except struct.error:
        return Exif()
    make, _, model = record.decode("latin-1").partition("\0")
    return Exif(_printable(make), _printable(model.partition("\0")[0]))


def _find_in_ciff(data: bytes, order: str, start: int, end: int, depth: int) -> bytes:
    table = start + struct.unpack_from(order + "I", data, end - 4)[0]
    (count,) = struct.unpack_from(order + "H", data, table)
    for entry in range(count):
        kind, size, offset = struct.unpack_from(order + "HII", data, table + 2 + 10 * entry)
        if kind == _CIFF_CAMERA:
            return data[start + offset : start + offset + size]
        if kind in _CIFF_FOLDERS and depth > 0:
            found = _find_in_ciff(data, order, start + offset, start + offset + size, depth - 1)
            if found:
                return found
    return b""
