"""What some tests need that an installation of rcl alone does not bring, each with the way to get it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

_PROGRAMS = {
    "exiftool": "exiftool.org; Debian: libimage-exiftool-perl",
    "darktable-cli": "darktable.org; Debian: darktable",
    "dcraw_emu": "libraw.org; Debian: libraw-bin",
    "rawtherapee-cli": "rawtherapee.com; Debian: rawtherapee",
}


def lacks_program(name: str) -> str:
    """Why a test that runs this program is skipped; "" where it is installed."""
    return "" if shutil.which(name) else f"needs the program {name} ({_PROGRAMS[name]})"


def lacks_package(module: str, extra: str) -> str:
    """Why a test that imports this module of an extra is skipped; "" where it is installed."""
    return "" if find_spec(module) else f"needs the package {module}: pip install 'rcl-cli[{extra}]'"


def skip_without(module: str, extra: str) -> None:
    """Skip the test that calls this, where it cannot import the module."""
    if why := lacks_package(module, extra):
        pytest.skip(why)


def _mark(why: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(why), reason=why)


EXIFTOOL, DARKTABLE = _mark(lacks_program("exiftool")), _mark(lacks_program("darktable-cli"))
PILLOW, SKIMAGE = _mark(lacks_package("PIL", "dev")), _mark(lacks_package("skimage", "dev"))
BM3D, COLOUR = _mark(lacks_package("bm3d", "benchmark")), _mark(lacks_package("colour_demosaicing", "benchmark"))
