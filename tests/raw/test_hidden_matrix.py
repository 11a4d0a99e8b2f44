"""A matrix that LibRaw does not tell is found from what it makes of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rawpy

from rcl_cli.raw.hidden_matrix import hidden_matrix
from rcl_cli.raw.metadata import read_metadata
from rcl_cli.raw.srgb import XYZ_TO_SRGB

SRGB_TO_XYZ = np.linalg.inv(XYZ_TO_SRGB)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["canon-powershot-g2_CRW_0304.CRW", "apple-quicktake150_raw_Image_04.qtk"])
def test_it_is_the_one_that_libraw_tells_elsewhere(realdata: Path, name: str) -> None:
    path = realdata / "raw" / "bayer" / name
    with rawpy.imread(str(path)) as raw:
        told = np.array(raw.rgb_xyz_matrix[:3], np.float64) @ SRGB_TO_XYZ
    found = hidden_matrix(path)
    assert found is not None
    # LibRaw scales the rows, so that white is white.
    np.testing.assert_allclose(found @ SRGB_TO_XYZ, told / told.sum(axis=1, keepdims=True), atol=2e-3)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["kodak-dc50_DC0011M.KDC", "kodak-dc120_P003908.KDC"])
def test_cameras_whose_matrix_is_not_told_have_one(realdata: Path, name: str) -> None:
    matrix = read_metadata(realdata / "raw" / "bayer" / name).xyz_to_camera
    assert matrix is not None
    np.testing.assert_allclose((matrix @ SRGB_TO_XYZ).sum(axis=1), 1, atol=1e-3)


@pytest.mark.realdata
def test_there_is_none_of_a_file_without_pixels(realdata: Path) -> None:
    assert hidden_matrix(realdata / "raw" / "bad" / "exiftool_CanonRaw.crw") is None
