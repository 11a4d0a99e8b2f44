from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rcl_benchmark.tables.page import About
from rcl_benchmark.tables.row import Row, SweepRow
from rcl_benchmark.tables.sweep_page import TITLE, write_sweep_page


@pytest.fixture
def swept(make_row: Callable[..., Row]) -> Callable[..., SweepRow]:
    def make(method: str, psnr_db: float, **changes: object) -> SweepRow:
        row = make_row(method, psnr_db, table="sweeps", **{"network": "skip", **changes})
        return SweepRow(**vars(row), output_psnr_db=psnr_db - 1, correlation=-0.25, size=1.5)

    return make


def test_each_domain_is_compared_with_its_own_defaults(
    make_row: Callable[..., Row], swept: Callable[..., SweepRow], tmp_path: Path
) -> None:
    rows = [
        make_row("input", 28.0, table="sweeps", network="", trials=1, labels=None),
        swept("defaults", 30.0),
        swept("tau 3", 29.0),
        swept("alpha 0", 30.05),
        swept("skip no", 31.0, network="plain"),
        swept("defaults", 40.0, data="bayer"),
        swept("tau 3", 42.0, data="bayer"),
    ]
    page = write_sweep_page("sweeps", rows, About("rcl benchmark sweep"), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {TITLE}\n")
    rgb, raws = text.split("## ")[1:3]
    # Two standard errors of five trials each, 0.1 dB apart: 2 · √(2 · 0.01 / 5) = 0.126.
    assert "Noisy input: 28.00 dB" in rgb
    assert "| tau 3 | 29.00 ± 0.10 | −1.00 ± 0.13 | 28.00 | −0.25 | 1.50 |" in rgb
    assert "Better than the defaults: skip no (+1.00 ± 0.13 dB). Worse: tau 3 (−1.00 ± 0.13 dB)." in rgb
    assert "Within the spread: alpha 0." in rgb
    assert "| tau 3 | 42.00 ± 0.10 | +2.00 ± 0.13 | 41.00 | −0.25 | 1.50 |" in raws
    assert "Worse: none." in raws
    assert "](sweeps.png)" in text
    assert (tmp_path / "sweeps.png").is_file()


def test_a_page_without_defaults_has_no_differences_and_no_figure(
    swept: Callable[..., SweepRow], tmp_path: Path
) -> None:
    page = write_sweep_page("sweeps", [swept("tau 3", 30.0)], About("rcl benchmark sweep"), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "| tau 3 | 30.00 ± 0.10 | – | 29.00 | −0.25 | 1.50 |" in text
    assert "sweeps.png" not in text
