"""Writing a pair: `noisy/NAME` and `clean/NAME`, neither clipped at black nor at white."""

from __future__ import annotations

import filecmp
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.disk.write import atomic_path
from rcl_cli.files import is_file
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.srgb import XYZ_TO_SRGB
from rcl_cli.raw.write import write_picture
from rcl_cli.simulate.pair import SimulatedPair

BLACK_DN, WHITE_DN = 16384, 49152
"""Levels of the mosaics: ±6σ fit around black and white even at σ = 20/255."""
_BALANCED = Metadata(make="rcl", model="simulated", white_balance=(1.0, 1.0, 1.0), xyz_to_camera=XYZ_TO_SRGB)
"""Of a picture that is white-balanced sRGB already."""


def noisy_path(folder: Path, relative: Path, cfa: CFA | None) -> Path:
    """Where in `folder` the noisy half of the picture called `relative` goes."""
    return folder / "noisy" / relative.with_suffix(".tif" if cfa is None else ".dng")


def clean_path(folder: Path, relative: Path, pair: SimulatedPair) -> Path:
    """Where in `folder` the clean half goes: sensor colours of mosaics need a DNG, for its white balance and matrix."""
    sensor = pair.source.domain.is_raw or (pair.cfa is not None and pair.source.camera_rgb)
    return folder / "clean" / relative.with_suffix(".dng" if sensor else ".tif")


def write_pair(pair: SimulatedPair, noisy: Path, clean: Path, *, overwrite: bool = False) -> None:
    """Write both files, the noisy one last: where it exists, the pair is whole.

    One that is there already and is the same, as a run that was killed leaves it, is kept. Raises FileError where
    another one exists and not `overwrite`, or it cannot be written.
    """
    _put(clean, lambda path: _write_clean(pair, path, overwrite=overwrite), overwrite=overwrite)
    _put(noisy, lambda path: _write_noisy(pair, path, overwrite=overwrite), overwrite=overwrite)


def _put(path: Path, write: Callable[[Path], None], *, overwrite: bool) -> None:
    if not overwrite and is_file(path):
        with tempfile.TemporaryDirectory() as folder:
            write(again := Path(folder) / path.name)
            if filecmp.cmp(path, again, shallow=False):
                return
    write(path)


def _write_clean(pair: SimulatedPair, clean: Path, *, overwrite: bool) -> None:
    if pair.clean.ndim == 2:
        write_dng(clean, _raw_frame(pair, pair.clean, None), overwrite=overwrite)
    elif clean.suffix == ".dng":
        write_picture(clean, Picture.from_frame(pair.source, pair.clean), overwrite=overwrite)
    else:
        write_float_tiff(clean, pair.clean, overwrite=overwrite)


def _write_noisy(pair: SimulatedPair, noisy: Path, *, overwrite: bool) -> None:
    if pair.cfa is None:
        write_float_tiff(noisy, pair.noisy, overwrite=overwrite)
    else:
        write_dng(noisy, _raw_frame(pair, pair.noisy, pair.profile), overwrite=overwrite)


def write_float_tiff(path: Path, rgb: NDArray[np.float32], *, overwrite: bool = False) -> None:
    """Write linear RGB (H, W, 3) as it is, in float32. Raises FileError."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        tifffile.imwrite(temporary, np.ascontiguousarray(rgb, np.float32), photometric="rgb", metadata=None)


def _raw_frame(pair: SimulatedPair, mosaic: NDArray[np.float32], noise: NoiseProfile | None) -> RawFrame:
    """A normalised mosaic (H, W) in DN, with room below black and above white."""
    shot = pair.source.metadata if pair.source.camera_rgb else _BALANCED
    metadata = replace(shot, noise_profile=noise, default_crop=None)
    dn = np.clip(np.rint(BLACK_DN + (WHITE_DN - BLACK_DN) * mosaic), 0, 65535).astype(np.uint16)
    assert pair.cfa is not None
    return RawFrame(dn, pair.cfa, (float(BLACK_DN),) * 4, float(WHITE_DN), metadata)
