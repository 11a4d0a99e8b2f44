"""Pictures through a shipped head at strength 0, which must leave them as they are."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from rcl_cli.inference.apply import apply
from rcl_cli.raw.pictures.icc import ADOBE_CURVE, ADOBE_RGB, make_profile

RNG = np.random.default_rng(0)
SMOOTH = np.kron(RNG.integers(40, 200, (6, 9, 4)), np.ones((8, 8, 1), int)) + RNG.integers(0, 9, (48, 72, 4))
EIGHT = SMOOTH.astype(np.uint8)
SIXTEEN = EIGHT.astype(np.uint16) * 257


@pytest.mark.slow
def test_strength_0_leaves_pictures_as_they_are(tmp_path: Path) -> None:
    sources = tmp_path / "in"
    sources.mkdir()
    profile = make_profile(ADOBE_RGB, ADOBE_CURVE)
    Image.fromarray(EIGHT).save(sources / "a.png", icc_profile=profile, dpi=(300, 300))
    Image.fromarray(EIGHT[..., 0]).save(sources / "b.png")
    tifffile.imwrite(sources / "c.tif", SIXTEEN, photometric="rgb", extrasamples=["assocalpha"], iccprofile=profile)
    tifffile.imwrite(sources / "d.tif", (SIXTEEN[..., :3] / 65535).astype(np.float16), photometric="rgb", tile=(16, 16))
    outcomes = apply("denoise", sources, output=tmp_path / "out", strength=0.0, store=tmp_path / "store")
    assert [outcome.status for outcome in outcomes] == ["done"] * 4
    for name in ("a.png", "b.png"):
        before, after = (imagecodecs.png_decode((tmp_path / place / name).read_bytes()) for place in ("in", "out"))
        assert np.array_equal(after, before)
    with Image.open(tmp_path / "out/a.png") as image:
        assert image.info["icc_profile"] == profile
    assert np.array_equal(tifffile.imread(tmp_path / "out/c.tif"), SIXTEEN)
    assert tifffile.imread(tmp_path / "out/d.tif") == pytest.approx(tifffile.imread(sources / "d.tif"), abs=1e-6)
