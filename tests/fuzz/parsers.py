"""Our own readers of bytes that others made, each with the errors that it may raise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from rcl_calibration.exchange import read_content
from rcl_cli.errors import RclError
from rcl_cli.models.header import read_header
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng import opcodes
from rcl_cli.raw.pictures.icc import read_profile
from rcl_cli.raw.pictures.jpeg_damage import frame_size, segments
from rcl_cli.raw.pictures.multi_picture import behind
from rcl_cli.raw.pictures.openexr import exr_attributes
from rcl_cli.raw.pictures.png import metadata_chunks, told_chunks
from rcl_cli.raw.pictures.riff import riff_chunks
from rcl_cli.raw.tags.exif import read_exif
from rcl_cli.raw.tags.sidecars import Fit, fitted
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags
from rcl_cli.raw.tags.xmp import history, read_packet
from rcl_cli.raw.whole import is_cut


@dataclass(frozen=True)
class Parser:
    """One of them."""

    read: Callable[[bytes], object]
    may_raise: tuple[type[Exception], ...] = ()

    def accepts(self, data: bytes) -> bool:
        """False where it refuses `data` with an error that it may raise. Any other error is a fault, and is raised."""
        try:
            self.read(data)
        except self.may_raise:
            return False
        return True


def _of_file(read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def from_bytes(data: bytes) -> object:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return read(Path(file.name))

    return from_bytes


def _opcodes(data: bytes) -> None:
    opcodes.names(data)
    opcodes.enlarged(data, 2)
    opcodes.split_after_polynomials(data)
    opcodes.gain_maps_of_rgb(data, CFA.bayer("RGGB"), 1)


PARSERS: Mapping[str, Parser] = {
    "tiff": Parser(lambda data: read_tiff_tags(BytesIO(data))),
    "exif": Parser(_of_file(lambda path: read_exif(path, TiffTags()))),
    "cut": Parser(_of_file(is_cut)),
    "packet": Parser(_of_file(read_packet)),
    "history": Parser(history),
    "sidecar": Parser(lambda data: [fitted(data, Fit("x.dng", developed, True)) for developed in (False, True)]),
    "jpeg": Parser(lambda data: (frame_size(data), behind(list(segments(data))))),
    "riff": Parser(riff_chunks),
    "png": Parser(_of_file(lambda path: (metadata_chunks(path), told_chunks(path)))),
    "icc": Parser(read_profile),
    "exr": Parser(_of_file(exr_attributes), (ValueError,)),
    "opcodes": Parser(_opcodes),
    "model": Parser(_of_file(read_header), (RclError,)),
    "profiles": Parser(_of_file(read_content), (ValueError,)),
}
