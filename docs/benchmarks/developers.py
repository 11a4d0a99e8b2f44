"""Raw developers as functions: a file in, the picture out as they show it by default, and how two pictures differ.

Each runs with a home, a configuration and a cache of its own, so nothing of a user's is read or changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import rawpy
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

Float = NDArray[np.float64]

PATIENCE_S = 600
_BLOCKS = 24
"""Along each side, over which two pictures are compared."""
_SHOWN = (0.02, 0.95)
"""Linear values between which a block counts: what is nearly black is noise, what is nearly white is clipped."""


@dataclass(frozen=True)
class Developer:
    """`develop(path, folder)` gives (H, W, 3) in [0, 1], linear; `folder`, an empty one, is for its own files."""

    name: str
    executable: str
    """"" for a library."""
    develop: Callable[[Path, Path], Float]

    @property
    def is_here(self) -> bool:
        """False where it is not installed."""
        return not self.executable or shutil.which(self.executable) is not None


@dataclass(frozen=True)
class Difference:
    """Of a picture from another."""

    brightness: float
    """Share by which it is brighter: the median over blocks."""
    colour: float
    """In nine of ten blocks no channel is further off, in values from 0 to 1 as displayed."""
    size: tuple[int, int]
    """Rows and columns more."""


def rawpy_default(path: Path, folder: Path) -> Float:
    """LibRaw in Python, at the camera's white balance and no automatic brightness."""
    with rawpy.imread(str(path)) as raw:
        shown = raw.postprocess(use_camera_wb=True, no_auto_bright=True, gamma=(1, 1), output_bps=16)
    return np.asarray(shown, np.float64) / 65535


def dcraw_emu(path: Path, folder: Path) -> Float:
    """LibRaw's own program at the camera's white balance, with its automatic brightness."""
    inside = folder / f"source{path.suffix}"
    inside.symlink_to(path.absolute())
    _run(["dcraw_emu", "-w", "-6", "-T", str(inside)], folder)
    return decoded(_picture(next(iter(sorted(folder.glob("source*.tif*"))), folder / "nothing")))


def darktable(path: Path, folder: Path, *options: str) -> Float:
    """darktable-cli; `options`: further ones of its core."""
    command = ["darktable-cli", str(path), str(folder / "shown.tif"), "--core", "-t", "1", "--library", ":memory:"]
    command += ["--configdir", str(folder / "config"), "--cachedir", str(folder / "cache"), "--tmpdir", str(folder)]
    command += ["--conf", "opencl=FALSE", "--conf", "plugins/imageio/format/tiff/bpp=16", *options]
    _run(command, folder)
    return decoded(_picture(folder / "shown.tif"))


def darktable_linear(path: Path, folder: Path) -> Float:
    """darktable without the tone curve of its workflow, which before 4.4 it gave to mosaics alone."""
    return darktable(path, folder, "--conf", "plugins/darkroom/workflow=none")


def rawtherapee(path: Path, folder: Path) -> Float:
    """rawtherapee-cli without any profile of the user's; PNG is none of the kinds that it takes without being asked."""
    _run(["rawtherapee-cli", "-Y", "-t", "-b16", "-a", "-o", str(folder / "shown.tif"), "-c", str(path)], folder)
    return decoded(_picture(folder / "shown.tif"))


def pillow(path: Path, folder: Path) -> Float:
    """Pillow, which reads no raws; its colours by the file's profile."""
    with Image.open(path) as image:
        if image.mode != "RGB":
            raise ValueError(f"values of mode {image.mode}")
        embedded = image.info.get("icc_profile")
        if embedded:
            profiles = ImageCms.ImageCmsProfile(BytesIO(embedded)), ImageCms.createProfile("sRGB")
            shown = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
            return decoded(np.asarray(shown, np.float64) / 255)
        return decoded(np.asarray(image, np.float64) / 255)


RAWPY = Developer("rawpy", "", rawpy_default)
DCRAW_EMU = Developer("dcraw_emu", "dcraw_emu", dcraw_emu)
DARKTABLE = Developer("darktable", "darktable-cli", darktable)
DARKTABLE_LINEAR = Developer("darktable, no tone curve", "darktable-cli", darktable_linear)
RAWTHERAPEE = Developer("RawTherapee", "rawtherapee-cli", rawtherapee)

PILLOW = Developer("Pillow", "", pillow)

DEVELOPERS = (RAWPY, DCRAW_EMU, DARKTABLE, DARKTABLE_LINEAR, RAWTHERAPEE)


def difference(shown: Float, source: Float) -> Difference:
    """Of two developed pictures, compared block by block around their middle: borders are cut differently."""
    height, width = (min(sides) for sides in zip(shown.shape[:2], source.shape[:2], strict=True))
    ours, theirs = (_blocks(_middle(picture, height, width)) for picture in (shown, source))
    counted = (theirs > _SHOWN[0]) & (theirs < _SHOWN[1])
    brightness = float(np.median(ours[counted] / theirs[counted])) - 1
    colour = float(np.quantile(np.abs(encoded(ours) - encoded(theirs)).max(axis=-1), 0.9))
    return Difference(brightness, colour, (shown.shape[0] - source.shape[0], shown.shape[1] - source.shape[1]))


def decoded(values: Float) -> Float:
    """sRGB to linear."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(values: Float) -> Float:
    """Linear to sRGB."""
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)


def _middle(picture: Float, height: int, width: int) -> Float:
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def _blocks(picture: Float) -> Float:
    # Whole blocks, away from the borders.
    edge = max(8, min(picture.shape[:2]) // 50)
    inner = picture[edge:-edge, edge:-edge]
    small = cv2.resize(np.ascontiguousarray(inner, np.float32), (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float64)


def _picture(path: Path) -> Float:
    if not path.is_file():
        raise RuntimeError("it wrote nothing")
    return np.asarray(tifffile.imread(path), np.float64) / 65535


def _run(command: list[str], folder: Path) -> None:
    (folder / "home").mkdir(parents=True, exist_ok=True)
    surroundings = {**os.environ, "HOME": str(folder / "home"), "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr).strip()[-500:]}")
