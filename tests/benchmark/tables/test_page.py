from __future__ import annotations

import numpy as np
import pytest

from rcl_benchmark.tables.fig2_page import write_fig2_page
from rcl_benchmark.tables.page import About, write_page
from rcl_benchmark.tables.summary import NOISE, TRAINED, UNTRAINED, Sample
from rcl_cli.errors import FileError

ABOUT = About("rcl benchmark table1", "smoke", {"steps": 20}, "0", "Six pictures", "a machine", 3725)


def line(page, start):
    """The cells of the first line of a table that starts with `start`."""
    found = next(text for text in page.read_text().splitlines() if text.startswith(f"| {start} |"))
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


def test_a_page_says_what_was_run(tmp_path, make_row):
    page = write_page("table1", [make_row("rcl-emd", 30.0)], ABOUT, tmp_path)
    assert page == tmp_path / "table1.md"
    text = page.read_text()
    assert text.startswith("# Table 1: ")
    assert "Written by `rcl benchmark table1` on a machine in 1 h 2 min; do not edit." in text
    assert "Preset smoke. Seed 0. Six pictures. Settings: steps 20." in text
    assert "![Table 1: denoising with the backbone frozen](table1.png)" in text
    assert (tmp_path / "table1.png").read_bytes().startswith(b"\x89PNG")


def test_our_figures_stand_beside_the_papers(tmp_path, make_row):
    page = write_page("table1", [make_row("rcl-emd", 30.0), make_row("oracle", 32.0)], ABOUT, tmp_path)
    ours, mit, stanford, voc = "30.00 ± 0.10", "29.54 / 0.8908", "35.43 / 0.8783", "31.39 / 0.8330"
    assert line(page, "RCL-EMD") == [ours, "0.9000 ± 0.0010", mit, stanford, voc]
    differences = page.read_text().split("| PSNR less that of (dB) |")[1]
    assert "| RCL-EMD | – | – | −2.00 ± 0.13 | −1.72 · −2.82 · −2.26 |" in differences


def test_networks_are_separate_blocks_that_share_the_input(tmp_path, make_row):
    noisy = make_row("input", 29.0, network="", trials=1, psnr_std=0.0)
    rows = [noisy, make_row("rcl-emd", 30.0), make_row("rcl-emd", 33.0, network="skip")]
    text = write_page("table1", rows, ABOUT, tmp_path).read_text()
    plain, skip = text.split("## Plain U-Net")[1].split("## U-Net that adds")
    assert "30.00" in plain
    assert "33.00" not in plain
    assert "33.00" in skip
    assert all("| noisy input | 29.00 |" in block for block in (plain, skip))


def test_tasks_are_separate_tables(tmp_path, make_row):
    rows = [make_row("rcl-emd", psnr, table="table2", task=task) for task, psnr in (("sr", 38.0), ("jdensr", 32.0))]
    text = write_page("table2", rows, ABOUT, tmp_path).read_text()
    sr, joint = text.split("### Super-resolution")[1].split("### Joint denoising and super-resolution")
    assert "38.00 ± 0.10 | 0.9000 ± 0.0010 | 39.01 / 0.9658" in sr
    assert "32.00 ± 0.10 | 0.9000 ± 0.0010 | 32.63 / 0.8214" in joint


@pytest.mark.slow
def test_table_3_is_by_labels(tmp_path, make_row):
    curves = {"sl": {10: 21.0, 198: 32.0}, "rcl+sl": {0: 20.0, 10: 28.0, 198: 33.0}, "noise2noise+sl": {10: 29.0}}
    rows = [make_row(m, psnr, table="table3", labels=n) for m, points in curves.items() for n, psnr in points.items()]
    page = write_page("table3", rows, ABOUT, tmp_path)
    assert line(page, "0") == ["–", "–", "20.00 ± 0.10 / 0.9000", "–", "22.62 / 0.7989"]
    assert line(page, "10")[2:] == ["28.00 ± 0.10 / 0.9000", "20.74 / 0.7299", "28.20 / 0.8834"]
    assert line(page, "10 labels") == ["+8.00 ± 0.13; ≤ 10", "+7.00 ± 0.13; ≤ 10", "+7.46; 0"]
    # 32 of 28 to 33 dB: 10·19.8^0.8 labels.
    assert line(page, "198 labels") == ["–; > 10", "+1.00 ± 0.13; 109", "–"]


@pytest.mark.parametrize("table", ["table1", "table2", "table3", "zero", "sweep-tau"])
def test_one_row_is_a_page_too(tmp_path, make_row, table):
    assert write_page(table, [make_row("rcl-emd", 30.0, table=table, task="sr")], ABOUT, tmp_path).is_file()
    assert write_page(table, [], ABOUT, tmp_path).is_file()


def test_other_tables_keep_their_order_and_compare_with_the_best(tmp_path, make_row):
    rows = [make_row(f"tau {tau}", psnr, table="sweep-tau") for tau, psnr in ((0.5, 30.0), (1, 31.0), (2, 29.0))]
    page = write_page("sweep-tau", rows, About("rcl benchmark sweep", title="Sweep of τ", reading="Read."), tmp_path)
    text = page.read_text()
    assert text.startswith("# Sweep of τ\n")
    assert "\n\nRead.\n\n" in text
    assert text.index("| tau 0.5 | 30") < text.index("| tau 1 | 31") < text.index("| tau 2 | 29")
    assert "| PSNR less that of (dB) | tau 1 |" in text
    assert "| tau 2 | −2.00 ± 0.13 |" in text


def test_kinds_of_data_are_named_where_there_are_several(tmp_path, make_row):
    rows = [make_row("sure", 34.0, table="zero", network="skip", data=data) for data in ("bayer", "srgb-cc")]
    text = write_page("zero", rows, ABOUT, tmp_path).read_text()
    assert "## simulated Bayer raws: U-Net that adds" in text
    assert "## srgb-cc: U-Net that adds" in text


def test_a_note_is_added(tmp_path, make_row):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "table1.md").write_text("What was tried: everything.\n")
    text = write_page("table1", [make_row("rcl-emd", 30.0)], ABOUT, tmp_path).read_text()
    assert text.endswith("\n\nWhat was tried: everything.\n")


def test_a_note_that_cannot_be_read_is_named(tmp_path, make_row):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "table1.md").write_bytes(b"\xff")
    with pytest.raises(FileError, match="table1"):
        write_page("table1", [make_row("rcl-emd", 30.0)], ABOUT, tmp_path)


def test_figure_2_has_a_table_and_a_panel_for_each_network(tmp_path):
    rng = np.random.default_rng(0)
    samples = [Sample(name, rng.normal(mean, 1, 90), 0.5, 1.5, 2.0) for name, mean in _MEANS.items()]
    page, figure = write_fig2_page({"plain": samples, "skip": samples}, ABOUT, tmp_path)
    assert figure.read_bytes().startswith(b"\x89PNG")
    text = page.read_text()
    assert text.count("**Held.** Training brings the density closer") == 2
    assert line(page, TRAINED)[0] == "90"
    assert line(page, TRAINED)[5:] == ["0.50", "1.50", "2.00"]


_MEANS = {UNTRAINED: 9.0, TRAINED: 6.0, NOISE: 5.0}
