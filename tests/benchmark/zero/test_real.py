from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.benchmark.zero import real
from rcl_cli.benchmark.zero.presets import Budget


def write_pair(folder: Path, name: str, seed: int, sigma_dn: float) -> None:
    rng = np.random.default_rng(seed)
    clean = np.tile(np.linspace(60, 190, 64)[:, None, None], (1, 64, 3))
    noisy = clean + sigma_dn * rng.standard_normal(clean.shape)
    for ending, values in (("real", noisy), ("mean", clean)):
        cv2.imwrite(str(folder / f"{name}_{ending}.png"), values.round().astype(np.uint8))


def test_rows_of_a_set_of_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "installed", lambda: False)
    (tmp_path / "mine").mkdir()
    for seed in range(2):
        write_pair(tmp_path / "mine", f"scene{seed}", seed, 8.0)
    budget = Budget(steps=2, batch=2, crop=16, width=4, test_side=48)
    rows = list(real.measure_real(tmp_path, budget, sets=("mine",)))
    assert [(row.method, row.data, row.labels) for row in rows] == [
        ("input", "mine", None),
        ("noisy-as-clean", "mine", 0),
    ]
    # The mean squared error is that of the noise, 8² DN, and of rounding both, twice 1/12.
    assert abs(rows[0].psnr_db - 10 * np.log10(255**2 / (64 + 1 / 6))) < 0.2
