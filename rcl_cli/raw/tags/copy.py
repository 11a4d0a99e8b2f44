"""The rest of a source's metadata, copied by exiftool where it is installed."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from pathlib import Path

from rcl_cli.files import is_file
from rcl_cli.raw.tags.exiftool import ask_exiftool
from rcl_cli.raw.tags.sayable import sayable

log = logging.getLogger(__name__)

# Words about the shot. What tells a reader how to decode the pixels (sizes, levels, colours, orientation) is the
# writer's own and never copied.
_COPIED = (
    "-ExifIFD:SerialNumber<SerialNumber",
    "-ExifIFD:LensSerialNumber<LensSerialNumber",
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
    "-IFD0:ModifyDate",
    "-IFD0:Rating",
    "-IFD0:RatingPercent",
    "-IFD0:XPTitle",
    "-IFD0:XPComment",
    "-IFD0:XPAuthor",
    "-IFD0:XPKeywords",
    "-IFD0:XPSubject",
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


def copy_metadata(source: Path, target: Path) -> bool:
    """Copy what `source` says of the shot into `target`, in place; False where that was not possible.

    The colour profile is the writer's affair. Without exiftool, the target keeps what its writer put in. Raises OSError
    where it could not because the disk is full: a result without its metadata is none.
    """
    if not is_file(source):
        return False
    with sayable(source) as from_file, sayable(target) as to_file:
        quietly = ("-q", "-q", "-m", "-overwrite_original")
        answer = ask_exiftool([*quietly, "-TagsFromFile", str(from_file), *_COPIED, *_LEFT_OUT, str(to_file)])
    if answer is not None and not answer.done:
        target.with_name(f"{target.name}_exiftool_tmp").unlink(missing_ok=True)
        if shutil.disk_usage(target.parent).free < target.stat().st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        log.warning("%s: exiftool could not copy its metadata (%s)", source, answer.said or "it did not say why")
    return answer is not None and answer.done
