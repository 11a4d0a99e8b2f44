"""Setting one tag of a DNG in place: pixels and all other tags stay where they are, byte by byte.

A directory that lacks the tag is written again at the end of the file, one entry longer, and pointed to from where the
old one was (TIFF 6.0, section 2: offsets are absolute, so nothing else has to know).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rcl_cli.raw.tags.ifd import VALUE_BYTES, Entry
from rcl_cli.raw.tags.tiff_tags import CFA, FULL_SIZE, LINEAR_RAW

_SUBFILE, _PHOTOMETRIC, _SUB_IFDS = 254, 262, 330
_ENTRY_BYTES = 12
_WORD_BYTES = {**VALUE_BYTES, 5: 4, 10: 4}
"""Of what is stored in the file's byte order: a fraction is two numbers."""
_MOST_DIRECTORIES = 1000


@dataclass(frozen=True)
class _Directory:
    offset: int
    pointer: int
    """Where in the file its offset stands."""
    entries: dict[int, bytes]
    """Of each tag its 12 bytes."""
    next: bytes
    """Offset of the next directory, as stored."""

    def place(self, code: int) -> int:
        """Where in the file the entry of a tag stands."""
        return self.offset + 2 + _ENTRY_BYTES * list(self.entries).index(code)


def set_raw_tag(path: Path, entry: Entry) -> None:
    """Set a tag of the raw's own directory, and wherever else the file has it already: some writers put it twice.

    The file is changed in place; work on a copy. Raises ValueError, with the reason, for what is no classic TIFF or
    has no directory of a raw, or where the file would become too long for it; OSError where it cannot be written.
    """
    with path.open("r+b") as file:
        tiff = _Tiff(file)
        directories = list(tiff.directories())
        raw = next(iter(sorted(filter(tiff.is_raw, directories), key=tiff.is_reduced)), None)
        if raw is None:
            raise ValueError("has no directory of a raw")
        for directory in directories:
            if entry.code in directory.entries:
                tiff.replace(directory, entry)
        if entry.code not in raw.entries:
            tiff.add(raw, entry)


class _Tiff:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        head = self._read(0, 4)
        self.order = {b"II*\0": "<", b"MM\0*": ">"}.get(head, "")
        if not self.order:
            raise ValueError("is no TIFF of 32 bit offsets")

    def directories(self) -> Iterator[_Directory]:
        """All directories, those below before those after."""
        waiting, seen = [4], set[int]()
        while waiting:
            pointer = waiting.pop(0)
            (offset,) = self._unpack("I", self._read(pointer, 4))
            if offset == 0 or offset in seen:
                continue
            seen.add(offset)
            if len(seen) > _MOST_DIRECTORIES:
                raise ValueError("has directories without end")
            directory = self._directory(offset, pointer)
            yield directory
            waiting[:0] = [*self._below(directory), offset + 2 + _ENTRY_BYTES * len(directory.entries)]

    def is_raw(self, directory: _Directory) -> bool:
        return self._first(directory, _PHOTOMETRIC) in (CFA, LINEAR_RAW)

    def is_reduced(self, directory: _Directory) -> bool:
        """False for the full-size raw; masks and enhanced copies are "reduced" as well."""
        return self._first(directory, _SUBFILE) not in (None, FULL_SIZE)

    def replace(self, directory: _Directory, entry: Entry) -> None:
        """Over the old value where that has the same type and length, else at the end."""
        _, kind, count, at = self._unpack("HHII", directory.entries[entry.code])
        if (kind, count) == (entry.kind, entry.count) and at + len(entry.data) <= self._end():
            self._write(at, self._stored(entry))
        else:
            self._write(directory.place(entry.code), self._appended(entry))

    def add(self, directory: _Directory, entry: Entry) -> None:
        """Write the directory again, with the entry, at the end."""
        entries = {**directory.entries, entry.code: self._appended(entry)}
        at = self._aligned_end()
        table = b"".join(entries[code] for code in sorted(entries))
        self._write(at, struct.pack(f"{self.order}H", len(entries)) + table + directory.next)
        self._write(directory.pointer, struct.pack(f"{self.order}I", at))

    def _directory(self, offset: int, pointer: int) -> _Directory:
        (count,) = self._unpack("H", self._read(offset, 2))
        table = self._read(offset + 2, _ENTRY_BYTES * count + 4)
        rows = [table[start : start + _ENTRY_BYTES] for start in range(0, _ENTRY_BYTES * count, _ENTRY_BYTES)]
        entries = {self._unpack("H", row[:2])[0]: row for row in rows}
        if len(entries) != count:
            raise ValueError("has a directory with the same tag twice")
        return _Directory(offset, pointer, entries, table[-4:])

    def _below(self, directory: _Directory) -> list[int]:
        """Where the offsets of the directories below stand."""
        row = directory.entries.get(_SUB_IFDS)
        if row is None:
            return []
        _, _, count, at = self._unpack("HHII", row)
        start = directory.place(_SUB_IFDS) + 8 if count == 1 else at
        return [start + 4 * number for number in range(min(count, _MOST_DIRECTORIES))]

    def _first(self, directory: _Directory, code: int) -> int | None:
        row = directory.entries.get(code)
        if row is None:
            return None
        kind = self._unpack("H", row[2:4])[0]
        value: int = self._unpack("H" if kind == 3 else "I", row[8:10] if kind == 3 else row[8:12])[0]
        return value

    def _appended(self, entry: Entry) -> bytes:
        """Write the value at the end, and give the entry that points to it."""
        at = self._aligned_end()
        if at + len(entry.data) + 2**16 * _ENTRY_BYTES >= 2**32:
            raise ValueError("is too long for another tag: 4 GiB is the most of a TIFF")
        self._write(at, self._stored(entry))
        return struct.pack(f"{self.order}HHII", entry.code, entry.kind, entry.count, at)

    def _stored(self, entry: Entry) -> bytes:
        size = _WORD_BYTES[entry.kind]
        return np.frombuffer(entry.data, f"<u{size}").astype(f"{self.order}u{size}").tobytes()

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.order + layout, data)

    def _read(self, at: int, size: int) -> bytes:
        self.file.seek(at)
        data = self.file.read(size)
        if len(data) < size:
            raise ValueError("has a directory beyond its end")
        return data

    def _write(self, at: int, data: bytes) -> None:
        self.file.seek(at)
        self.file.write(data)

    def _end(self) -> int:
        return self.file.seek(0, os.SEEK_END)

    def _aligned_end(self) -> int:
        """TIFF wants even offsets."""
        end = self._end()
        if end % 2:
            self.file.write(b"\0")
        return end + end % 2
