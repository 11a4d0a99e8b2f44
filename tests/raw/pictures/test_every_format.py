"""Pictures of every format keep their size, profile, resolution and shot, as exiftool sees it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write

from ...needs import EXIFTOOL


@pytest.mark.slow
@EXIFTOOL
def test_every_format_keeps_what_its_source_has(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "docs/benchmarks"))
    pages = import_module("picture_files")
    scene = np.random.default_rng(0).uniform(0.05, 0.8, (24, 32, 3)).astype(np.float32)
    sources = pages.write_pictures(tmp_path, scene)
    assert len(sources) == 10
    for name, source in sources.items():
        frame = read_frame(source)
        assert frame.normalized() == pytest.approx(scene, abs=0.08 if name == "JPEG" else 0.01), name
        result = tmp_path / f"{source.stem}-result{'.png' if source.suffix == '.webp' else source.suffix}"
        write(result, frame)
        assert pages.lost(source, result) == "", name
    other = pages.write_pictures(tmp_path, scene[:, :20])["PNG, 16 bits"]
    assert pages.lost(other, tmp_path / "6-result.png") == "ImageSize"
