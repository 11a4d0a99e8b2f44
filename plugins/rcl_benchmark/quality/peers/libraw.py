"""LibRaw's demosaicing, by rawpy from a DNG that rcl writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.peers.phases import continued
from rcl_benchmark.quality.pictures import Float
from rcl_cli.domain import Domain
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame

WHITE_DN = 65535
_TILE = 512
"""X-Trans mosaics with fewer pixels a side are refused by LibRaw."""


def libraw(mosaic: Mosaic, algorithm: str) -> Float:
    """RGB (H, W, 3) in the mosaic's values; `algorithm`: a name of `rawpy.DemosaicAlgorithm`.

    For X-Trans LibRaw has one method, Markesteijn's; from AHD upwards it makes three passes (dcraw_process.cpp).
    """
    rgb = developed(mosaic.frame, algorithm)
    black, white = mosaic.levels
    return np.asarray((rgb.astype(np.float32) - black) / (white - black), np.float32)


def developed(frame: RawFrame, algorithm: str) -> NDArray[np.uint16]:
    """(H, W, 3): the DN as they are, without any black level, gain or curve, interpolated."""
    import rawpy

    height, width = frame.size
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mosaic.dng"
        write_dng(path, _large(replace(frame, black_level=(0.0,) * 4, white_level=float(WHITE_DN))))
        with rawpy.imread(str(path)) as raw:
            rgb = raw.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm[algorithm],
                gamma=(1, 1),
                no_auto_bright=True,
                output_bps=16,
                output_color=rawpy.ColorSpace.raw,
                user_wb=[1, 1, 1, 1],
                user_black=0,
                # Else LibRaw takes the brightest pixel for white.
                user_sat=WHITE_DN,
                user_flip=0,
            )
    return np.asarray(rgb[:height, :width])


def _large(frame: RawFrame) -> RawFrame:
    missing = [max(0, _TILE - length) for length in frame.size]
    if frame.domain is not Domain.XTRANS or not any(missing):
        return frame
    larger = continued(frame.mosaic, frame.cfa.period, 0, (missing[0], missing[1]))
    return replace(frame, mosaic=np.ascontiguousarray(larger))
