"""`--iso`: of pictures that do not say theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


@pytest.fixture
def grainy(tmp_path: Path) -> Path:
    """A grey picture that may be a lawn in soft focus, or noise that was processed."""
    field = cv2.GaussianBlur(np.random.default_rng(3).standard_normal((160, 160)), (0, 0), 1.2)
    path = tmp_path / "grainy.png"
    assert cv2.imwrite(str(path), np.rint(128 + 9 * field / field.std()).astype(np.uint8))
    return path


def values(path: Path) -> np.ndarray:
    stored = cv2.imread(str(path))
    assert stored is not None
    return stored.astype(float)


@pytest.mark.slow
def test_a_high_iso_takes_what_looks_like_noise_for_noise(
    grainy: Path, tmp_path: Path, apply: Callable[..., Any]
) -> None:
    seen = values(grainy)
    left = {}
    for iso in ("", 100, 3200):
        folder = tmp_path / f"out{iso}"
        run = apply("--task", "denoise", grainy, "-o", folder, *(["--iso", iso] if iso else []))
        assert run.exit_code == 0, run.stderr
        left[iso] = float(np.std(values(folder / "grainy.png")))
    assert left[""] == left[100] > 0.9 * seen.std()
    assert left[3200] < 0.7 * left[""]


@pytest.mark.slow
def test_a_result_made_without_it_is_another_one(grainy: Path, tmp_path: Path, apply: Callable[..., Any]) -> None:
    line = ("--task", "denoise", grainy, "-o", tmp_path / "out")
    assert apply(*line).exit_code == 0
    assert "made with other settings (ISO 3200 told)" in apply(*line, "--iso", 3200).stderr
    assert "exists already" in apply(*line).stderr
    assert apply(*line, "--iso", 3200, "--overwrite").exit_code == 0
    assert "made with other settings" not in apply(*line, "--iso", 3200).stderr
