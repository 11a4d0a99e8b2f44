"""The tags of a TIFF-like file (TIFF, DNG and most raws), read without touching pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

CFA = 32803
"""PhotometricInterpretation of a colour filter mosaic."""
LINEAR_RAW = 34892
"""PhotometricInterpretation of a raw with several values a pixel."""
FULL_SIZE = 0
"""NewSubfileType of the raw itself, beside previews, masks and enhanced copies."""
_PLACES = ((513, 514), (280, 279))
"""Tags with offset and length of what stands in no strip: a JPEG, or the pixels of Panasonic's raws."""
_NOWHERE = 2**32 - 1
"""Offset of strips that are not where it says."""

# tifffile tells of every damaged tag; what can be used is used, and the reader has its own word for the rest.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class TiffTags:
    """Tags by name over all IFDs, the full-size raw's own before IFD 0's before the others'; empty if not a TIFF."""

    values: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    """IFD 0's tags alone."""
    raw: Mapping[str, Any] = field(default_factory=dict)
    """The full-size raw's own tags, and IFD 0's where it lacks them: what levels and geometry are read from."""
    exif: Mapping[str, Any] = field(default_factory=dict)
    """The EXIF directory's tags."""
    photometric: frozenset[int] = frozenset()
    """The PhotometricInterpretation of each IFD."""
    raws: int = 0
    """Raws of full size in the file; a few cameras store several exposures."""
    raw_pixels: int = 0
    """Values in the full-size raw, 0 where there is none."""
    raw_bytes: int = 0
    """Bytes that it claims to take in the file."""
    raw_end: int = 0
    """Offset in the file at which it claims to end."""
    end: int = 0
    """Offset in the file at which the last picture in it claims to end."""

    @property
    def dng(self) -> bool:
        """True for a DNG."""
        return "DNGVersion" in self.values

    def text(self, name: str) -> str:
        """A text tag, stripped; "" if it is missing or no text."""
        value = self.values.get(name)
        return value.strip("\0 ") if isinstance(value, str) else ""

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A numeric tag as a flat array, rationals divided; empty if it is missing or no number."""
        return _numbers(self.values, name)

    def raw_numbers(self, name: str) -> NDArray[np.float64]:
        """As `numbers`, of `raw`."""
        return _numbers(self.raw, name)


def _numbers(tags: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    value, kind = tags.get(name), tags.get(f"{name} type")
    try:
        flat = np.atleast_1d(np.asarray(list(value) if isinstance(value, bytes) else value, np.float64)).ravel()
    except (TypeError, ValueError):
        return np.empty(0)
    if kind in (tifffile.DATATYPE.RATIONAL, tifffile.DATATYPE.SRATIONAL):
        with np.errstate(divide="ignore", invalid="ignore"):
            return flat[::2] / flat[1::2]
    return flat if np.isfinite(flat).all() else np.empty(0)


def read_tiff_tags(source: Path | BytesIO) -> TiffTags:
    """The tags of a file, or of a TIFF structure inside one; empty where it is no TIFF or too damaged to be followed.

    Raises nothing.
    """
    try:
        with tifffile.TiffFile(source) as tiff:
            return _tags_of(list(directories(tiff)))
    except Exception:  # tifffile meets damaged files with errors of many kinds
        return TiffTags()


def directories(tiff: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    """Every IFD of a file and those below it, each once, however often a damaged file leads to it."""
    seen, chained = set[int](), set[int]()
    for page in tiff.pages:
        if page.offset in chained:
            return
        chained.add(page.offset)
        yield from _unseen(page, seen)


def _unseen(page: tifffile.TiffPage | tifffile.TiffFrame, seen: set[int]) -> Iterator[tifffile.TiffPage]:
    if page.offset in seen or not isinstance(page, tifffile.TiffPage):
        return
    seen.add(page.offset)
    yield page
    for below in page.pages or ():
        yield from _unseen(below, seen)


def raw_page(pages: Iterable[tifffile.TiffPage]) -> tifffile.TiffPage | None:
    """The raw of full size among these, the first of several; None where there is no raw."""
    page = max(pages, key=_importance)
    return page if _importance(page)[0] else None


def _tags_of(pages: list[tifffile.TiffPage]) -> TiffTags:
    first = {tag.name: tag.value for tag in pages[0].tags}
    exif: Any = next((page.tags["ExifTag"].value for page in pages if "ExifTag" in page.tags), {})
    first_page, raw = pages[0], raw_page(pages)
    pages = sorted(pages, key=_importance, reverse=True)
    photometric = {int(page.tags[_PHOTOMETRIC].value) for page in pages if _PHOTOMETRIC in page.tags}
    segments = [] if raw is None else list(zip(raw.dataoffsets, raw.databytecounts, strict=True))
    return TiffTags(
        _merged(pages),
        first,
        {} if raw is None else _merged([raw, first_page]),
        exif if isinstance(exif, dict) else {},
        frozenset(photometric),
        raws=sum(all(_importance(page)[:2]) for page in pages),
        raw_pixels=raw.size if raw is not None else 0,
        raw_bytes=sum(size for _, size in segments),
        raw_end=max((offset + size for offset, size in segments), default=0),
        end=max(map(_end, pages), default=0),
    )


def _end(page: tifffile.TiffPage) -> int:
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    for place, length in _PLACES:
        if place in page.tags and length in page.tags:
            segments.append((page.tags[place].value, page.tags[length].value))
    whole = (pair for pair in segments if all(isinstance(value, int) for value in pair))
    return max((at + size for at, size in whole if 0 < at < _NOWHERE), default=0)


def _merged(pages: list[tifffile.TiffPage]) -> dict[str, Any]:
    """Values and types by name, the first page's word before the others'."""
    values: dict[str, Any] = {}
    for page in pages:
        for tag in page.tags:
            values.setdefault(tag.name, tag.value)
            values.setdefault(f"{tag.name} type", tag.dtype)
    return values


_PHOTOMETRIC = "PhotometricInterpretation"


def _importance(page: tifffile.TiffPage) -> tuple[bool, bool, int]:
    photometric, subfile = page.tags.get(_PHOTOMETRIC), page.tags.get("NewSubfileType")
    holds_raw = photometric is not None and photometric.value in (CFA, LINEAR_RAW)
    return holds_raw, holds_raw and (subfile is None or subfile.value == FULL_SIZE), -page.index
