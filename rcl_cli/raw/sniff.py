"""What a file is, told from its first bytes and, for TIFF, from its tags; never from its name alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.files import require_file
from rcl_cli.raw.tags.tiff_tags import CFA, LINEAR_RAW, TiffTags, read_tiff_tags


class Kind(Enum):
    """The kinds of files that are told apart; `value` names it in messages."""

    RAW = "camera raw"
    TIFF = "TIFF"
    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"
    EXR = "OpenEXR"
    EMPTY = "empty"
    UNKNOWN = "unknown"

    @property
    def is_rgb(self) -> bool:
        """True for the pictures that are read as RGB."""
        return self in (Kind.TIFF, Kind.PNG, Kind.JPEG, Kind.WEBP, Kind.EXR)


_RAW_NAMES = (
    "3fr arw bay cr2 cr3 crw dcr dng erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf pef qtk raf raw rw2 rwl sr2 srf"
    " srw x3f"
)
RAW_SUFFIXES = frozenset(f".{name}" for name in _RAW_NAMES.split())
RGB_SUFFIXES = frozenset([".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".exr"])

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
    b"\x76\x2f\x31\x01": Kind.EXR,
    b"FUJIFILM": Kind.RAW,
    b"\x00MRM": Kind.RAW,  # Minolta
    b"FOVb": Kind.RAW,  # Sigma
    b"qktk": Kind.RAW,  # QuickTake 100
    b"qktn": Kind.RAW,  # QuickTake 150 and 200
    b"IIRO": Kind.RAW,  # Olympus
    b"IIRS": Kind.RAW,
    b"MMOR": Kind.RAW,
    b"IIU\x00": Kind.RAW,  # Panasonic, Leica
    b"ARRI": Kind.RAW,
    b"PWAD": Kind.RAW,  # Sinar
    b"DSC-Image": Kind.RAW,  # Casio
    b"NKRW": Kind.RAW,  # Nikon mobile
}
_SIGNATURES_INSIDE = {
    (4, b"ftypcrx "): Kind.RAW,
    (6, b"HEAPCCDR"): Kind.RAW,
    (4, b"RED"): Kind.RAW,
    (8, b"WEBP"): Kind.WEBP,
}
_APPLE_DOUBLE = b"\x00\x05\x16\x07"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


@dataclass(frozen=True)
class Identified:
    """What a file is, and the tags that were read to tell."""

    kind: Kind
    tags: TiffTags = field(default_factory=TiffTags)
    """Empty where the file is no TIFF."""


def sniff(path: Path) -> Kind:
    """The kind of the file by its content. Raises FileError if it is missing, not a file or cannot be opened."""
    return identify(path).kind


def identify(path: Path) -> Identified:
    """As `sniff`, for whoever needs the tags as well."""
    require_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    if not head:
        return Identified(Kind.EMPTY)
    if head.startswith(_APPLE_DOUBLE):
        raise FileError(path, "is not the picture, but what macOS keeps beside it; name the file without ._")
    if head.startswith(_TIFF):
        tags = read_tiff_tags(path)
        return Identified(_raw_or_tiff(path, head, tags), tags)
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            # Some raws are a TIFF with another signature.
            return Identified(kind, read_tiff_tags(path) if kind is Kind.RAW else TiffTags())
    for (offset, signature), kind in _SIGNATURES_INSIDE.items():
        if head[offset:].startswith(signature):
            return Identified(kind)
    return Identified(Kind.UNKNOWN)


def _raw_or_tiff(path: Path, head: bytes, tags: TiffTags) -> Kind:
    if head[8:10] == b"CR" or tags.dng or tags.photometric & {CFA, LINEAR_RAW}:
        return Kind.RAW
    named_tiff = path.suffix.lower() in (".tif", ".tiff")
    return Kind.RAW if _from_camera(tags) and not named_tiff else Kind.TIFF


def _from_camera(tags: TiffTags) -> bool:
    # Some makers' raws carry no sign in the TIFF structure beyond the camera's name.
    return bool(tags.text("Make"))
