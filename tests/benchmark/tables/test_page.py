"""Pages have the figures of their rows, beside the paper's; the words are people's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rcl_benchmark.engine.page import About, Benchmark, write_page
from rcl_benchmark.engine.row_table import Figure
from rcl_benchmark.tables.fig2 import FIG2, Sample
from rcl_benchmark.tables.sweep import Sweep
from rcl_benchmark.tables.table1 import TABLE1
from rcl_benchmark.tables.table2 import TABLE2
from rcl_benchmark.tables.table3 import PAPER, TABLE3
from rcl_benchmark.zero.table import ZERO
from rcl_cli.errors import FileError

ABOUT = About("rcl benchmark table1", ("Preset smoke", "Seed 0"))


def write(benchmark: Benchmark[Any], rows: list[Any], folder: Path) -> str:
    page = write_page(benchmark, rows, ABOUT, folder)
    assert page == folder / f"{benchmark.name}.md"
    return page.read_text()


def line(text: str, start: str) -> list[str]:
    """The cells of the first line of a table that starts with `start`."""
    found = next(text for text in text.splitlines() if text.startswith(f"| {start} |"))
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


def test_the_papers_figures_are_plausible():
    columns: list[Mapping[Any, Figure]] = list(PAPER.values())
    for table in (TABLE1, TABLE2):
        columns += [column for task in table.paper.values() for column in task.values()]
    figures = [figure for column in columns for figure in column.values()]
    assert len(figures) == 3 * 12 + 2 * 7 + 4 + 5
    assert all(13 < figure.psnr_db < 40 and 0 < figure.ssim < 1 for figure in figures)


def test_the_differences_that_the_paper_names():
    gains = [PAPER["rcl+sl"][n].psnr_db - figure.psnr_db for n, figure in PAPER["sl"].items()]
    assert gains == pytest.approx([7.46, 3.05, 0.78, 0.44])
    assert TABLE1.published("denoise", "oracle", "rcl-emd") == "+1.72 · +2.82 · +2.26"
    assert TABLE2.published("jdensr", "rcl-emd", "supervised") == "−0.26"
    assert TABLE1.published("denoise", "consistency", "rcl-emd") == "–"


def test_table_1_keeps_the_order_that_the_paper_claims():
    for column in TABLE1.paper["denoise"].values():
        psnr = {method: figure.psnr_db for method, figure in column.items()}
        dense = ("vader", "densecl", "pixcontrast")
        plain, plus = ([psnr[name + end] for name in dense] for end in ("", "+"))
        assert max(plain) < min(plus) < max(plus) < psnr["noise2self"] < psnr["noise2noise"] < psnr["rcl-emd"]
        assert max(psnr, key=psnr.__getitem__) == "oracle"


def test_our_figures_stand_beside_the_papers(tmp_path, make_row):
    text = write(TABLE1, [make_row("rcl-emd", 30.0), make_row("oracle", 32.0)], tmp_path)
    ours, mit, stanford, voc = "30.00 ± 0.10", "29.54 / 0.8908", "35.43 / 0.8783", "31.39 / 0.8330"
    assert line(text, "RCL-EMD") == [ours, "0.9000 ± 0.0010", mit, stanford, voc]
    differences = text.split("| PSNR less that of (dB) |")[1]
    assert line(differences, "RCL-EMD") == ["–", "–", "−2.00 ± 0.13", "−1.72 · −2.82 · −2.26"]
    assert (tmp_path / "table1.png").read_bytes().startswith(b"\x89PNG")


def test_networks_are_separate_blocks_that_share_the_input(tmp_path, make_row):
    noisy = make_row("input", 29.0, network="", trials=1, psnr_std=0.0)
    rows = [noisy, make_row("rcl-emd", 30.0), make_row("rcl-emd", 33.0, network="skip")]
    blocks = write(TABLE1, rows, tmp_path).split("## ")[1:]
    assert [line(block, "RCL-EMD")[0] for block in blocks] == ["30.00 ± 0.10", "33.00 ± 0.10"]
    assert [line(block, "noisy input")[0] for block in blocks] == ["29.00"] * 2


def test_tasks_are_separate_tables(tmp_path, make_row):
    rows = [make_row("rcl-emd", psnr, table="table2", task=task) for task, psnr in (("sr", 38.0), ("jdensr", 32.0))]
    sr, joint = write(TABLE2, rows, tmp_path).split("### ")[1:]
    assert line(sr, "RCL-EMD") == ["38.00 ± 0.10", "0.9000 ± 0.0010", "39.01 / 0.9658"]
    assert line(joint, "RCL-EMD") == ["32.00 ± 0.10", "0.9000 ± 0.0010", "32.63 / 0.8214"]


@pytest.mark.slow
def test_table_3_is_by_labels(tmp_path, make_row):
    curves = {"sl": {10: 21.0, 198: 32.0}, "rcl+sl": {0: 20.0, 10: 28.0, 198: 33.0}, "noise2noise+sl": {10: 29.0}}
    rows = [make_row(m, psnr, table="table3", labels=n) for m, points in curves.items() for n, psnr in points.items()]
    text = write(TABLE3, rows, tmp_path)
    assert line(text, "0") == ["–", "–", "20.00 ± 0.10 / 0.9000", "–", "22.62 / 0.7989"]
    assert line(text, "10")[2:] == ["28.00 ± 0.10 / 0.9000", "20.74 / 0.7299", "28.20 / 0.8834"]
    assert line(text, "10 labels") == ["+8.00 ± 0.13; ≤ 10", "+7.00 ± 0.13; ≤ 10", "+7.46; 0"]
    # 32 of 28 to 33 dB: 10·19.8^0.8 labels.
    assert line(text, "198 labels") == ["–; > 10", "+1.00 ± 0.13; 109", "–"]


def test_sweeps_are_compared_with_the_defaults_of_their_own_kind_of_data(tmp_path, make_row):
    def swept(method, psnr_db, data="rgb"):
        row = make_row(method, psnr_db, table="sweeps", network="skip", data=data)
        return replace(row, output_psnr_db=psnr_db - 1, correlation=-0.25, size=1.5)

    rows = [make_row("input", 28.0, network=""), swept("defaults", 30.0), swept("tau 3", 29.0)]
    rows += [swept("defaults", 40.0, "bayer"), swept("tau 3", 42.0, "bayer")]
    rgb, raws = write(Sweep(), rows, tmp_path).split("## ")[1:]
    # Two standard errors of five trials each, 0.1 dB apart: 2 · √(2 · 0.01 / 5) = 0.126.
    assert line(rgb, "tau 3") == ["29.00 ± 0.10", "−1.00 ± 0.13", "28.00", "−0.25", "1.50"]
    assert line(raws, "tau 3") == ["42.00 ± 0.10", "+2.00 ± 0.13", "41.00", "−0.25", "1.50"]
    assert (tmp_path / "sweeps.png").is_file()
    assert line(write(Sweep(), [swept("tau 3", 30.0)], tmp_path), "tau 3")[1] == "–"


def test_figure_2_has_a_table_for_each_network(tmp_path):
    sample = Sample("fig2", "plain", "trained", 90, 6.0, 1.0, 0.9, 0.2, 0.5, 1.5, 2.0, (0.0, 2.0), (0.25, 0.25))
    blocks = write(FIG2, [sample, replace(sample, network="skip", correlation=0.4)], tmp_path).split("## ")[1:]
    assert [line(block, "trained")[5:] for block in blocks] == [["0.50", "1.50", "2.00"], ["0.40", "1.50", "2.00"]]
    assert (tmp_path / "fig2.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", [TABLE1, TABLE2, TABLE3, ZERO, Sweep(), FIG2], ids=lambda b: b.name)
def test_nothing_and_one_row_are_pages_too(tmp_path, make_row, benchmark):
    write(benchmark, [], tmp_path)
    if benchmark is not FIG2:
        write(benchmark, [make_row("input", 30.0, network="")], tmp_path)


def test_notes_open_and_end_the_page(tmp_path, make_row):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "table1.md").write_text("How to read it.\n\n## What was tried\n\nAll.\n\n## And\n\nMore.\n")
    text = write(TABLE1, [make_row("rcl-emd", 30.0)], tmp_path)
    assert text.index("Preset smoke. Seed 0.") < text.index("How to read it.") < text.index("## Plain U-Net")
    assert text.endswith("\n\n## What was tried\n\nAll.\n\n## And\n\nMore.\n")


def test_a_note_that_cannot_be_read_is_named(tmp_path, make_row):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "table1.md").write_bytes(b"\xff")
    with pytest.raises(FileError, match="table1"):
        write(TABLE1, [make_row("rcl-emd", 30.0)], tmp_path)
