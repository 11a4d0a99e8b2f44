"""Help, lists and calibration start fast: they never import torch. One subprocess per command line."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from rcl_cli.cli.main import cli

PROGRAM = """
import sys
from rcl_cli.cli.main import cli
try:
    cli(sys.argv[1:])
finally:
    heavy = {"torch", "torchvision", "matplotlib", "scipy"}.intersection(sys.modules)
    print(f"\\nimported: {sorted(heavy)}")
"""

VERBS = cli.list_commands(click.Context(cli))
LINES = [["--help"], ["--version"], *([verb, "--help"] for verb in VERBS), ["tasks"], ["tasks", "--json"]]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_help_and_lists_do_not_import_torch(line: list[str]) -> None:
    finished = run(*line)
    assert finished.returncode == 0, finished.stderr
    assert "imported: []" in finished.stdout


@pytest.mark.slow
def test_calibrate_does_not_import_torch(tmp_path) -> None:
    made = run("samples", str(tmp_path / "raws"), "--count", "1", "--size", "192")
    assert made.returncode == 0, made.stderr
    assert "imported: []" in made.stdout
    finished = run("calibrate", str(tmp_path / "raws"), "--report", str(tmp_path / "report.html"))
    assert finished.returncode in (0, 1), finished.stderr
    assert "imported: []" in finished.stdout
    assert (tmp_path / "report.html").is_file()
    for verb in ("show", "stamp"):
        finished = run("profiles", verb, *([str(tmp_path / "raws"), "--blind"] if verb == "stamp" else []))
        assert "Traceback" not in finished.stderr
        assert "imported: []" in finished.stdout
