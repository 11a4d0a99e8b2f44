"""Lossless JPEG tiles: exact in LibRaw and tifffile, whatever the size, and smaller."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import rawpy
import tifffile

from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.develop import interpolate
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame, raw_frame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

SIZES = [(22, 22), (31, 47), (50, 49), (300, 257), (289, 577)]
PATTERNS = [CFA.bayer("GBRG"), CFA.xtrans(2, 3), None]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("cfa", PATTERNS, ids=["Bayer", "X-Trans", "linear"])
def test_every_value_comes_back(cfa: CFA | None, size: tuple[int, int], tmp_path: Path) -> None:
    """All 16 bits, extremes side by side."""
    dn = np.random.default_rng(0).choice([0, 1, 32767, 32768, 65534, 65535], (*size, 3)).astype(np.uint16)
    path = tmp_path / "a.dng"
    if cfa is not None:
        dn = dn[..., 0]
        write_dng(path, raw_frame(dn, cfa, black=100, white=65535))
    else:
        write_picture(path, Picture((dn / 65535).astype(np.float32), camera_rgb=True))
    with rawpy.imread(str(path)) as raw:
        assert np.array_equal(raw.raw_image_visible[..., :3] if cfa is None else raw.raw_image_visible, dn)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages.first.pages is not None
        page = tiff.pages.first.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert page.compression == tifffile.COMPRESSION.JPEG
        assert page.tilewidth % 16 == page.tilelength % 16 == 0
        assert page.tilewidth <= size[1]  # wider ones LibRaw does not decode
        if cfa is None:
            assert np.array_equal(page.asarray(), dn)


@pytest.mark.realdata
@pytest.mark.parametrize(("cfa", "share"), [(CFA.bayer("RGGB"), 0.6), (CFA.xtrans(), 0.75), (None, 0.6)])
def test_files_of_photographs_are_about_half_as_large(
    cfa: CFA | None, share: float, realdata: Path, tmp_path: Path
) -> None:
    frame = read_frame(realdata / "raw/bayer/canon-powershot-s40_CRW_0104.CRW")
    assert isinstance(frame, RawFrame)
    rgb = interpolate(frame.normalized()[200:712, 300:876], frame.cfa)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 1).astype(np.float32)  # denoised
    pixels = rgb if cfa is None else mosaic(rgb, cfa)
    # Levels of a camera with 14 bits.
    picture = Picture(pixels, cfa, (512.0,) * 4, 16383.0, camera_rgb=True)
    write_picture(tmp_path / "a.dng", picture)
    assert (tmp_path / "a.dng").stat().st_size < share * pixels.size * 2 + 60_000  # of which the preview takes some
