"""The rest of a source's metadata, copied by exiftool where it is installed."""

from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path

log = logging.getLogger(__name__)

# Words about the shot. What tells a reader how to decode the pixels (sizes, levels, colours, orientation) is the
# writer's own and never copied.
_COPIED = (
    "-ExifIFD:all",
    "-GPS:all",
    "-IPTC:all",
    "-XMP:all",
    "-MakerNotes",
    "-DateTimeOriginal",
    "-CreateDate",
    "-FNumber",
    "-FocalLength",
    "-LensModel",
    "-Artist",
    "-Copyright",
)
_LEFT_OUT = (
    "--ExifIFD:ExifImageWidth",
    "--ExifIFD:ExifImageHeight",
    "--ExifIFD:ColorSpace",
    "--ExifIFD:CFAPattern",
    "--ExifIFD:ComponentsConfiguration",
    "--ExifIFD:CompressedBitsPerPixel",
    "--XMP-tiff:all",
    "--XMP-crs:all",
    "--XMP-xmpMM:all",
)
_PATIENCE_S = 60


def copy_metadata(source: Path, target: Path, *, color_profile: bool) -> bool:
    """Copy what `source` says of the shot into `target`, in place; False where that was not possible.

    color_profile: copy the ICC profile too, for pictures that stay in the source's colours. Without exiftool, the
    target keeps what its writer put in.
    """
    exiftool = shutil.which("exiftool")
    if exiftool is None or not source.is_file():
        return False
    command = [exiftool, "-q", "-q", "-m", "-overwrite_original", "-TagsFromFile", str(source.absolute())]
    command += [*_COPIED, *_LEFT_OUT, *(["-ICC_Profile"] if color_profile else []), str(target.absolute())]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("%s: exiftool could not copy its metadata (%s)", source, error)
        return False
    if finished.returncode != 0:
        log.warning("%s: exiftool could not copy its metadata (%s)", source, finished.stderr.strip())
    return finished.returncode == 0
