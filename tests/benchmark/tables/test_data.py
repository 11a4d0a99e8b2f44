from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_benchmark.tables.data import find_data
from rcl_cli.errors import FileError, RclError


def fill(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for i in range(count):
        cv2.imwrite(str(folder / f"{i}.png"), np.full((4, 4, 3), i, np.uint8))
    return folder


def test_train_and_test_are_taken_as_they_are(tmp_path: Path) -> None:
    fill(tmp_path / "train" / "some", 3)
    fill(tmp_path / "test" / "b", 2)
    fill(tmp_path / "test" / "a", 4)
    data = find_data(tmp_path, 0)
    assert (len(data.train), [path.parent.name for path in data.test]) == (3, ["a"] * 4)
    assert [path.parent.name for path in find_data(tmp_path, 0, test=tmp_path / "test" / "b").test] == ["b"] * 2
    assert [path.stem for path in find_data(tmp_path, 0, count=2).test] == ["0", "2"]


def test_other_folders_are_split_by_the_seed(tmp_path: Path) -> None:
    fill(tmp_path / "pictures", 10)
    splits = [find_data(tmp_path / "pictures", seed) for seed in (0, 0, 1, 2)]
    assert splits[0] == splits[1]
    assert len({split.test for split in splits}) > 1
    for split in splits:
        assert len(split.test) == 2
        assert len({*split.train, *split.test}) == 10


def test_too_few_pictures_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(RclError, match="two and one needed"):
        find_data(fill(tmp_path / "one", 1), 0)
    (tmp_path / "only" / "train").mkdir(parents=True)
    with pytest.raises(FileError, match="holds no raws or pictures"):
        find_data(tmp_path / "only", 0)
