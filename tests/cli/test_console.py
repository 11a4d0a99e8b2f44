"""Standard output holds data only, whole and parseable; the bar is for terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.cli.console import exit_code, new_table, print_failures, print_json_line, print_table, progress, say
from rcl_cli.errors import FileError


def test_json_lines_hold_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    values = {
        "path": Path("a") / "b.dng",
        "shot": np.array([1.0, np.nan], np.float32),
        "iso": np.float32(100.0),
        "images": np.int64(3),
        "pair": (1, None),
        "word": "λ",
        "endless": float("inf"),
    }
    print_json_line(values)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "path": str(Path("a") / "b.dng"),
        "shot": [1.0, None],
        "iso": 100.0,
        "images": 3,
        "pair": [1, None],
        "word": "λ",
        "endless": None,
    }


def test_json_of_the_unknown_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        print_json_line({"what": object()})


@pytest.mark.parametrize(("done", "failed", "code"), [(3, 0, 0), (2, 1, 1), (0, 1, 2), (0, 0, 2)])
def test_exit_codes(done: int, failed: int, code: int) -> None:
    assert exit_code(done, failed) == code


def test_a_piped_table_is_not_folded(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    table = new_table("one", "two")
    table.add_row(long, "[not markup]".replace("[", r"\["))
    print_table(table)
    out = capsys.readouterr().out
    assert long in out
    assert "[not markup]" in out


@pytest.mark.parametrize("error", [False, True])
def test_a_title_is_longer_than_its_table(capsys: pytest.CaptureFixture[str], error: bool) -> None:
    """Such as the path of a small picture, which is copied from there."""
    title = f"/media/card/{'a folder/' * 30}:100:.png"
    table = new_table("a", title=title)
    table.add_row("b")
    print_table(table, error=error)
    assert (capsys.readouterr().err if error else capsys.readouterr().out).splitlines()[0] == title


def test_nothing_in_a_name_is_taken_for_a_picture_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    say("a:100:b[red].png")
    table = new_table("file")
    table.add_row("12:cat:30.png")
    print_table(table)
    out, err = capsys.readouterr()
    assert err == "a:100:b[red].png\n"
    assert "12:cat:30.png" in out


def test_failures_name_file_and_reason_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_failures([FileError("a[1].dng", "is empty"), FileError("b.dng", "is cut short")])
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 failed" in err
    assert "a[1].dng" in err
    assert "is cut short" in err
    print_failures([])
    assert capsys.readouterr() == ("", "")


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(3, "Reading") as bar:
        bar.advance()
        bar.describe("Still reading")
    assert capsys.readouterr() == ("", "")


PROGRAM = """
from rcl_cli.cli.console import print_json_line, progress
with progress(2, "Reading [x]", "MP") as bar:
    for i in range(2):
        print_json_line({"i": i})
        bar.advance()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_a_bar_on_the_terminal_leaves_redirected_lines_alone(tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    target = tmp_path / "lines.json"
    with target.open("w") as out:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        subprocess.run([sys.executable, "-c", PROGRAM], stdout=out, stderr=slave, env=environment, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert [json.loads(line) for line in target.read_text().splitlines()] == [{"i": 0}, {"i": 1}]
    assert "Reading [x]" in shown
    assert "2/2" in shown


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_figures_stay_on_one_line_of_a_narrow_terminal() -> None:
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "40"}
    program = """
import time
from rcl_cli.cli.console import progress
with progress(8, "Comparing") as bar:
    for _ in range(8):
        time.sleep(0.05)
        bar.advance()
"""
    subprocess.run([sys.executable, "-c", program], stdout=-3, stderr=slave, env=environment, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert "8/8" in shown
    assert "\x1b[1A" not in shown  # the cursor never goes up
