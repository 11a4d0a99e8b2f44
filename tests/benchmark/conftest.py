from __future__ import annotations

from collections.abc import Callable

import pytest

from rcl_benchmark.engine.row import Row

MakeRow = Callable[..., Row]


@pytest.fixture
def make_row() -> MakeRow:
    """A row of made-up figures: five trials of a plain network, 0.1 dB apart, unless said otherwise."""

    def make(method: str, psnr_db: float, **changes: object) -> Row:
        values = {
            "table": "table1",
            "task": "denoise",
            "network": "plain",
            "data": "rgb",
            "labels": 10,
            "psnr_std": 0.1,
            "ssim": 0.9,
            "ssim_std": 0.001,
            "trials": 5,
            "seconds": 1.0,
        }
        return Row(method=method, psnr_db=psnr_db, **(values | changes))  # type: ignore[arg-type]

    return make
