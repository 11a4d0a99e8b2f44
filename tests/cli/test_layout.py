"""Tables in terminals of any width: nothing is lost, numbers stay whole, and paths are not cut into pieces."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from rcl_cli.cli.console import new_table
from rcl_cli.cli.layout import fitted

WIDTHS = (30, 40, 60, 80, 100, 132, 200)


def models() -> Table:
    right = ("scale", "step", "MB")
    table = new_table("name", "kind", "task", "camera", "scale", "step", "MB", "from", "path", right=right)
    for name in ("denoise-bayer", "my-night-head-of-last-winter"):
        path = f"/home/somebody/.local/share/rcl/models/{name}.safetensors"
        table.add_row(name, "head", "denoise", "Canon EOS 5D Mark III", "1×", "15000", "1.29", "store", path)
    return table


def images() -> Table:
    right = ("ISO", "λ_shot", "λ_read", "±")
    table = new_table("file", "camera", "ISO", "λ_shot", "λ_read", "±", "quality", right=right)
    table.add_row("IMG_0001.CR2", "Canon EOS 5D Mark III", "3200", "0.000915", "1.26e-07", "64.0 %", "unidentifiable")
    table.add_row("IMG_0002.CR2", "Canon EOS 5D Mark III", "100", "9.46e-05", "0", "2.7 %", "ok")
    return table


def failures() -> Table:
    table = new_table("file", "reason")
    table.add_row("/mnt/card/DCIM/100EOS7D/IMG_0001.CR2", "is cut short: the last 3 MB are missing; copy it again")
    table.add_row("b.dng", "is empty")
    return table


TABLES = {"models": models, "images": images, "failures": failures}


def shown(table: Table, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(fitted(table, console))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_no_line_is_wider_than_the_terminal_and_no_letter_is_lost(name: str, width: int) -> None:
    table = TABLES[name]()
    out = shown(table, width)
    assert max(map(len, out.splitlines())) <= width
    letters = "".join(out.split())
    first = [str(cell) for cell in table.columns[0].cells]
    for cell in first:
        assert "".join(cell.split()) in letters


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_what_fits_a_line_is_not_broken(name: str, width: int) -> None:
    table = TABLES[name]()
    out = " ".join(shown(table, width).split())
    for column in table.columns:
        for cell in map(str, column.cells):
            pieces = [cell] if column.justify == "right" and width >= 60 else cell.split()
            for piece in pieces:
                if len(piece) <= width - 2:
                    assert piece in out, (piece, width)


def test_a_table_that_fits_is_left_alone() -> None:
    table = images()
    assert fitted(table, Console(file=StringIO(), width=200)) is table


def test_at_80_columns_rows_stay_one_line_of_numbers_below_their_texts() -> None:
    lines = [line.split() for line in shown(images(), 80).splitlines()]
    assert ["3200", "0.000915", "1.26e-07", "64.0", "%", "unidentifiable"] in [line[-6:] for line in lines]
    assert any("IMG_0001.CR2" in line for line in lines)


def test_a_text_that_rows_share_is_said_once() -> None:
    table = new_table("camera", "ISO", "value", right=("ISO", "value"))
    for iso in (100, 200, 400):
        table.add_row("Canon EOS 5D Mark III", str(iso), "0.123456789")
    assert shown(table, 24).count("Canon EOS") == 1


def test_markup_of_cells_stays_escaped() -> None:
    table = new_table("file", "reason")
    table.add_row("a\\[1].dng", "x" * 60)
    assert "a[1].dng" in shown(table, 30)
