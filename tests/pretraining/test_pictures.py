from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_cli.data.cache import RegionCache
from rcl_cli.data.regions import RegionPlan
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.pretraining.pictures import Pictures, collect_pictures
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Frame, Metadata, RawFrame, RgbFrame


def read(path: Path, *, linear: bool = False) -> Frame:
    """A frame of the kind that the file's suffix names, by the camera that its name names."""
    metadata = Metadata(model=path.stem)
    if path.suffix == ".rgb":
        return RgbFrame(np.full((48, 48, 3), 0.5, np.float32), metadata=metadata)
    cfa = CFA.bayer("GBRG") if path.suffix == ".bayer" else CFA.xtrans()
    return RawFrame(np.full((72, 72), 9, np.uint16), cfa, (0.0,) * 4, 10.0, metadata)


def collect(folder: Path, *names: str, domain: Domain | None = None) -> Pictures:
    paths = []
    for number, name in enumerate(names):
        path = folder / str(number) / name
        path.parent.mkdir()
        path.touch()
        paths.append(path)
    cache = RegionCache(folder / "cache", read)
    return collect_pictures(paths, domain, RegionPlan(least_side=8, share=2**20), cache)


def test_auto_takes_the_domain_of_most_pictures_and_names_the_others(tmp_path: Path) -> None:
    pictures = collect(tmp_path, "a.rgb", "b.bayer", "c.rgb", "d.xtrans")
    assert pictures.domain is Domain.RGB
    assert [picture.path.name for picture in pictures.used] == ["a.rgb", "c.rgb"]
    assert [(error.path.name, "--domain" in error.reason) for error in pictures.left_out] == [
        ("b.bayer", True),
        ("d.xtrans", True),
    ]


def test_a_tie_goes_to_raw_and_a_given_domain_wins(tmp_path: Path) -> None:
    assert collect(tmp_path, "a.rgb", "b.bayer").domain is Domain.BAYER
    other = tmp_path / "other"
    other.mkdir()
    given = collect(other, "a.rgb", "b.rgb", "c.xtrans", domain=Domain.XTRANS)
    assert [picture.path.name for picture in given.used] == ["c.xtrans"]


def test_the_camera_is_named_where_there_is_one_only(tmp_path: Path) -> None:
    assert collect(tmp_path, "One.bayer", "One.bayer").camera == "One"
    other = tmp_path / "other"
    other.mkdir()
    assert collect(other, "One.bayer", "Two.bayer").camera == ""


def test_one_picture_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(RclError, match="at least two usable bayer pictures, and found 1"):
        collect(tmp_path, "a.bayer").require_two()
