from __future__ import annotations

import pytest

from rcl_benchmark.tables import paper


def test_figures_are_plausible():
    figures = [f for table in (paper.TABLE1, paper.TABLE2, paper.TABLE3) for c in table.values() for f in c.values()]
    assert len(figures) == 3 * 12 + 2 * 7 + 4 + 5
    assert all(13 < figure.psnr_db < 40 and 0 < figure.ssim < 1 for figure in figures)


def test_the_differences_that_the_paper_names():
    gains = [paper.TABLE3["rcl+sl"][n].psnr_db - figure.psnr_db for n, figure in paper.TABLE3["sl"].items()]
    assert gains == pytest.approx([7.46, 3.05, 0.78, 0.44])
    assert paper.differences("table1", "denoise", "oracle", "rcl-emd") == pytest.approx([1.72, 2.82, 2.26])
    assert paper.differences("table2", "jdensr", "rcl-emd", "supervised") == pytest.approx([-0.26])


def test_methods_without_figures_have_no_differences():
    assert paper.differences("table1", "denoise", "consistency", "rcl-emd") == []
    assert paper.differences("zero", "denoise", "rcl-emd", "noise2noise") == []


def test_table_1_keeps_the_order_that_the_paper_claims():
    for column in paper.TABLE1.values():
        psnr = {method: figure.psnr_db for method, figure in column.items()}
        dense, plus = ([psnr[m] for m in group] for group in (paper.DENSE, paper.DENSE_PLUS))
        assert max(dense) < min(plus) < max(plus) < psnr["noise2self"] < psnr["noise2noise"] < psnr["rcl-emd"]
        assert max(psnr, key=psnr.__getitem__) == "oracle"
