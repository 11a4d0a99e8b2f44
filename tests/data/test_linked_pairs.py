"""Pairs whose files are links: many noisy frames may share one clean file."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.data.file_pairs import find_pairs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows that users lack")


def _fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((4, 4, 3), 128, np.uint8))


def _found(folder: Path) -> list[tuple[str, str]]:
    pairs, lonely = find_pairs(folder)
    assert lonely == []
    return [(pair.noisy.name, pair.clean.name) for pair in pairs]


def test_noisy_frames_may_share_a_clean_file(tmp_path: Path) -> None:
    _fill(tmp_path, "noisy/a.png", "noisy/b.png", "clean/a.png")
    (tmp_path / "clean" / "b.png").symlink_to("a.png")
    assert _found(tmp_path) == [("a.png", "a.png"), ("b.png", "b.png")]


def test_so_may_those_side_by_side(tmp_path: Path) -> None:
    _fill(tmp_path, "a_noisy.png", "b_noisy.png", "a_clean.png")
    (tmp_path / "b_clean.png").symlink_to("a_clean.png")
    assert _found(tmp_path) == [("a_noisy.png", "a_clean.png"), ("b_noisy.png", "b_clean.png")]


def test_a_pair_that_is_linked_as_a_whole_counts_once(tmp_path: Path) -> None:
    _fill(tmp_path, "noisy/a.png", "clean/a.png")
    for name in ("noisy", "clean"):
        (tmp_path / name / "b.png").symlink_to("a.png")
    assert _found(tmp_path) == [("a.png", "a.png")]
