"""Writing a page: whole or not at all, and never in place of anything but an earlier report."""

from __future__ import annotations

import os
from pathlib import Path

from rcl_cli.disk.write import try_folder, write_text
from rcl_cli.errors import FileError
from rcl_cli.files import is_file, is_folder
from rcl_cli.report.kit.html import GENERATOR

_START = 1024


def check_target(target: Path, *, overwrite: bool = False) -> None:
    """Raises FileError where no report can be written to `target`; long work is not to find that out at its end."""
    if is_folder(target):
        raise FileError(target, "is a folder; name a file for the report, such as report.html")
    if os.path.lexists(target) and not (overwrite or is_report(target)):
        raise FileError(target, "exists already and is no report of rcl; choose another name for the report")
    try_folder(target.parent)


def write_report(target: Path, page: str, *, overwrite: bool = False) -> None:
    """Write the page; an earlier report is replaced. Raises FileError as `check_target`."""
    check_target(target, overwrite=overwrite)
    write_text(target, page, overwrite=True)


def is_report(path: Path) -> bool:
    """Whether a file is a page of ours."""
    try:
        if not is_file(path):
            return False
        with path.open("rb") as file:
            return GENERATOR.encode() in file.read(_START)
    except OSError:
        return False
