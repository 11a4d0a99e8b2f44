"""Files of any origin, read where they can do no harm: as the functions of the same names, each in another process.

All verbs read by these. What a file brings about there, a crash, a hang or more memory than `apart.limits` says, is a
FileError of that file; so is an exception that nobody foresaw (UnforeseenError).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.apart.each import apart_each
from rcl_cli.raw.apart.pool import apart
from rcl_cli.raw.frame import Frame, Metadata
from rcl_cli.raw.record import Record
from rcl_cli.raw.sniff import Kind
from rcl_cli.raw.tags.ifd import Entry


def read_frame(path: Path | str, *, linear: bool = False) -> Frame:
    """Read a raw or a picture, as `rcl_cli.raw.read.read_frame`: a `RawFrame` or an `RgbFrame`.

    `linear`: keep the values of PNG, JPEG and TIFF files as they are, instead of decoding their tone curve. Raises
    FileError where the file cannot be used; its `reason` is a sentence.
    """
    path = Path(path)
    frame: Frame = apart("read_frame", path, linear=linear)
    return replace(frame, metadata=_named(frame.metadata, path))


def read_metadata(path: Path) -> Metadata:
    """As `rcl_cli.raw.metadata.read_metadata`."""
    metadata: Metadata = apart("read_metadata", path)
    return _named(metadata, path)


def read_record(path: Path) -> Record | None:
    """As `rcl_cli.raw.record.read_record`: raises nothing."""
    try:
        record: Record | None = apart("read_record", path)
    except FileError:
        return None
    return record


def read_records(paths: Iterable[Path]) -> Iterator[Record | None]:
    """`read_record` of each, much faster where there are many; `paths` are taken some ahead of what is given."""
    return (None if isinstance(found, RclError) else found for found in apart_each("read_record", paths))


def sniff_each(paths: Iterable[Path]) -> Iterator[Kind | None]:
    """`sniff` of each, None for a file that cannot be read; as `read_records`."""
    return (None if isinstance(found, RclError) else found for found in apart_each("sniff", paths))


def decoded_shot(path: Path) -> tuple[list[Entry], list[Entry]]:
    """As `rcl_cli.raw.tags.decoded_shot.decoded_shot`: raises nothing."""
    try:
        entries: tuple[list[Entry], list[Entry]] = apart("decoded_shot", path)
    except FileError:
        return [], []
    return entries


def sniff(path: Path) -> Kind:
    """As `rcl_cli.raw.sniff.sniff`."""
    kind: Kind = apart("sniff", path)
    return kind


def _named(metadata: Metadata, path: Path) -> Metadata:
    return metadata if metadata.path is None else replace(metadata, path=path)
