"""Pictures that are no raws, in every format: sources with profile, resolution and shot, and what results keep."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
import tifffile
from numpy.typing import NDArray
from PIL import Image

from rcl_cli.raw.pictures.icc import make_profile
from rcl_cli.raw.pictures.tone import SRGB
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.raw.tags.ifd import HEADER, directory, longs, shorts

DISPLAY_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
PROFILE = make_profile(DISPLAY_P3, SRGB)
RESOLUTION = (300, 240)
SHOT = {"Make": "Tester", "Model": "One", "ISO": 400, "ExposureTime": 0.01}
REFERENCE = "TIFF, 16 bits"
"""What every result is compared with: all hold the same scene."""

Values = NDArray[np.float32]


def write_pictures(folder: Path, scene: Values) -> dict[str, Path]:
    """One file a format of the linear scene (H, W, 3), by the format's name."""
    stored = np.clip(srgb_encode(scene), 0, 1).astype(np.float32)
    found = {}
    for number, (name, (suffix, write)) in enumerate(_FORMATS.items()):
        path = folder / f"{number}{suffix}"
        write(path, scene if suffix == ".exr" else stored)
        if suffix != ".exr":  # which exiftool does not write
            _stamp(path)
        found[name] = path
    return found


def lost(source: Path, result: Path) -> str:
    """What of size, profile, resolution, camera and shot `result` has otherwise than it should; "" for nothing."""
    expected, said = _told(source), _told(result)
    wrong = [name for name, value in expected.items() if not _alike(said.get(name), value)]
    return ", ".join(wrong)


def _tiff(kind: Any, full: float) -> Callable[[Path, Values], None]:
    def write(path: Path, stored: Values) -> None:
        values = (stored * full).astype(kind) if kind in (np.float16, np.float32) else _whole(stored, full, kind)
        tifffile.imwrite(path, values, photometric="rgb", metadata=None)

    return write


def _tiff12(path: Path, stored: Values) -> None:
    values = _whole(stored, 4095, np.uint16)
    height, width, _ = values.shape
    pairs = values.reshape(height, -1, 2).astype(np.uint32)
    words = pairs[..., 0] << 12 | pairs[..., 1]
    packed = np.stack([words >> 16, words >> 8 & 255, words & 255], axis=-1).astype(np.uint8).tobytes()
    entries = [longs(256, width), longs(257, height), shorts(258, 12, 12, 12), shorts(259, 1), shorts(262, 2)]
    entries += [shorts(277, 3), longs(278, height), longs(279, len(packed)), shorts(284, 1)]
    at = len(HEADER) + len(directory([*entries, longs(273, 0)], len(HEADER)))
    path.write_bytes(HEADER + directory([*entries, longs(273, at)], len(HEADER)) + packed)


def _png(kind: Any, full: float) -> Callable[[Path, Values], None]:
    def write(path: Path, stored: Values) -> None:
        path.write_bytes(imagecodecs.png_encode(_whole(stored, full, kind)))

    return write


def _by_pillow(path: Path, stored: Values) -> None:
    options: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {"quality": 98, "subsampling": 0}
    Image.fromarray(_whole(stored, 255, np.uint8)).save(path, **options)


def _exr(path: Path, scene: Values) -> None:
    header = {"chromaticities": DISPLAY_P3, "xDensity": float(RESOLUTION[0])}
    header["pixelAspectRatio"] = RESOLUTION[0] / RESOLUTION[1]
    planes = {name: np.ascontiguousarray(scene[..., n].astype(np.float16)) for n, name in enumerate("RGB")}
    with OpenEXR.File(header, planes) as file:
        file.write(str(path))


_FORMATS: dict[str, tuple[str, Callable[[Path, Values], None]]] = {
    "TIFF, 8 bits": (".tif", _tiff(np.uint8, 255)),
    "TIFF, 12 bits": (".tif", _tiff12),
    REFERENCE: (".tif", _tiff(np.uint16, 65535)),
    "TIFF, half": (".tif", _tiff(np.float16, 1)),
    "TIFF, float": (".tif", _tiff(np.float32, 1)),
    "PNG, 8 bits": (".png", _png(np.uint8, 255)),
    "PNG, 16 bits": (".png", _png(np.uint16, 65535)),
    "JPEG": (".jpg", _by_pillow),
    "WebP": (".webp", _by_pillow),
    "OpenEXR, half": (".exr", _exr),
}


def _whole(stored: Values, full: float, kind: Any) -> NDArray[Any]:
    whole: NDArray[Any] = np.rint(stored * full).astype(kind)
    return whole


def _stamp(path: Path) -> None:
    if shutil.which("exiftool") is None:
        return
    profile = path.with_suffix(".icc")
    profile.write_bytes(PROFILE)
    across, down = RESOLUTION
    tags = [f"-{name}={value}" for name, value in SHOT.items()]
    tags += [f"-XResolution={across}", f"-YResolution={down}", "-ResolutionUnit=inches", f"-icc_profile<={profile}"]
    if path.suffix == ".png":
        tags += [f"-PixelsPerUnitX={across / 0.0254:.0f}", f"-PixelsPerUnitY={down / 0.0254:.0f}", "-PixelUnits=meters"]
    subprocess.run(["exiftool", "-q", "-m", "-overwrite_original", *tags, str(path)], check=True, capture_output=True)
    profile.unlink()


def _told(path: Path) -> dict[str, Any]:
    command = ["exiftool", "-j", "-n", "-b", "-ImageSize", "-ICC_Profile", "-XResolution", "-YResolution", "-XDensity"]
    command += ["-PixelAspectRatio", "-Chromaticities", *(f"-{name}" for name in SHOT), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    (values,) = json.loads(said)
    return {name: value for name, value in values.items() if name != "SourceFile"}


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= 1e-3 * abs(other)
    return bool(one == other)
