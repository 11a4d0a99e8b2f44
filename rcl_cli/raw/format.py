"""`FileFormat`: a kind of picture file that a plugin can read, write or both."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rcl_cli.errors import FileError
from rcl_cli.plugins.entries import FORMATS, entries
from rcl_cli.plugins.load import load_class
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.picture import Picture


class FileFormat:
    """Files with the suffix `.name`; what is not overridden is not possible. Formats of our own are never asked for.

    class Fits(FileFormat):
        name = "fits"

        def read(self, path, *, linear=False):
            return RgbFrame(astropy_pixels(path), "linear", 32)

    @hookimpl
    def rcl_format():
        return Fits
    """

    name: ClassVar[str]
    """The suffix without its dot, in lower case; also the entry point's name."""

    def read(self, path: Path, *, linear: bool = False) -> Frame:
        """Decode a file. `linear`: keep values as they are where the format does not say what they mean.

        Raises FileError if the file is damaged, or the format is only written.
        """
        raise FileError(path, f"cannot be read: .{self.name} files are only written")

    def write(self, path: Path, picture: Picture) -> None:
        """Write to `path`, a temporary name. Raises FileError if the format is only read."""
        raise FileError(path, f"cannot be written: .{self.name} files are only read")


def format_names() -> list[str]:
    """The suffixes, without their dots, of the formats that are plugged in; none of them is loaded."""
    return [entry.name for entry in entries(FORMATS)]


def get_format(name: str) -> FileFormat | None:
    """The plugged-in format of files with the suffix `.name`; None where there is none.

    Raises PluginError where its plugin is broken.
    """
    found = next((entry for entry in entries(FORMATS) if entry.name == name), None)
    return None if found is None else load_class(found, FileFormat)()
