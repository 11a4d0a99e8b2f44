"""Which sets of pairs a folder holds, and what is left out of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_benchmark.zero.real import find_sets
from rcl_cli.errors import FileError


def names(folder: Path) -> dict[str, int]:
    return {found.name: len(found.pairs) for found in find_sets(folder, 48)[0]}


def test_each_folder_with_pairs_is_a_set_and_one_of_pairs_is_one(real_pairs: Path) -> None:
    (real_pairs / "empty").mkdir()
    assert names(real_pairs) == {"first": 2, "second": 1}
    assert names(real_pairs / "first") == {"first": 2}


def test_a_folder_with_noisy_and_clean_is_one_set(real_pairs: Path, tmp_path: Path) -> None:
    for kind, ending in (("noisy", "real"), ("clean", "mean")):
        (tmp_path / "mine" / kind).mkdir(parents=True)
        shutil.copy(real_pairs / "first" / f"scene0_{ending}.png", tmp_path / "mine" / kind / "scene.png")
    assert names(tmp_path / "mine") == {"mine": 1}


def test_pairs_that_cannot_be_used_are_left_out_with_the_reason(real_pairs: Path) -> None:
    first = real_pairs / "first"
    (first / "scene0_real.png").write_bytes((first / "scene0_real.png").read_bytes()[:200])
    cv2.imwrite(str(first / "flat_real.png"), np.full((64, 64, 3), 99, np.uint8))
    cv2.imwrite(str(first / "flat_mean.png"), np.full((64, 64, 3), 99, np.uint8))
    shutil.copy(first / "scene1_real.png", first / "odd_real.png")
    cv2.imwrite(str(first / "odd_mean.png"), np.full((64, 60, 3), 99, np.uint8))
    shutil.copy(first / "scene1_real.png", first / "lonely_real.png")
    sets, failures = find_sets(real_pairs, 48)
    assert [pair.noisy.name for pair in sets[0].pairs] == ["scene1_real.png"]
    reasons = {failure.path.name: failure.reason for failure in failures}
    assert set(reasons) == {"scene0_real.png", "flat_real.png", "odd_mean.png", "lonely_real.png"}
    assert "without any noise" in reasons["flat_real.png"]
    assert "60×64 pixels" in reasons["odd_mean.png"]


def test_pictures_smaller_than_a_crop_are_left_out(real_pairs: Path) -> None:
    with pytest.raises(FileError, match="64×64, smaller than the crops of 80×80"):
        find_sets(real_pairs, 80)


def test_no_set_is_named_as_simulated_pictures_are(real_pairs: Path) -> None:
    with pytest.raises(FileError, match="another name"):
        find_sets((real_pairs / "first").rename(real_pairs / "rgb"), 48)


def test_a_folder_without_pairs_is_named(real_pairs: Path) -> None:
    (real_pairs / "second" / "scene0_mean.png").unlink()
    with pytest.raises(FileError, match="second: holds no pairs"):
        find_sets(real_pairs / "second", 48)
