"""Distributions whose metadata are damaged: what can be told of them is, and nobody else is taken down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.plugins.entries import TASKS, entries

Install = Callable[..., str]
FINE = """
from rcl_cli.domain import Domain
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task

class Own(Task):
    name = "{name}"
    domains = frozenset([Domain.RGB])
    def network(self, domain):
        return "unet"
    def build_head(self, domain, feature_channels):
        raise NotImplementedError
    def degrade(self, clean, domain, noise, rng):
        return clean, clean

@hookimpl
def rcl_task():
    return Own
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


BROKEN = {
    "no equals sign": b"[rcl.tasks]\nthis is no entry point\n",
    "no UTF-8": b"[rcl.tasks]\n\xff\xfe = module\n",
    "nul": b"[rcl.tasks]\nx = \0\n",
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("metadata", [b"Metadata-Version: 2.1\nName: torn\nVersion: 1\n", b"", b"\xff\xfe\0", None])
def test_a_distribution_with_broken_metadata_takes_nobody_down(
    case: str, metadata: bytes | None, install: Install, tmp_path: Path
) -> None:
    install("fine-pack", "own", FINE)
    info = tmp_path / "torn-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_bytes(BROKEN[case])
    if metadata is not None:
        (info / "METADATA").write_bytes(metadata)
    assert {"denoise", "own"} <= {entry.name for entry in entries(TASKS)}
    for arguments in (["tasks"], ["--help"], ["models"], ["apply", "--help"]):
        assert run(*arguments).exit_code == 0
    result = run("plugins", "--json")
    broken = [line for line in map(json.loads, result.stdout.splitlines()) if line["status"] == "failed"]
    assert (result.exit_code, len(broken)) == (1, 1)


@pytest.mark.slow
def test_torch_does_not_end_at_what_others_announce(install: Install, tmp_path: Path) -> None:
    install("torn", "torn", FINE)
    (tmp_path / "torn-1.2.dist-info" / "entry_points.txt").write_bytes(b"[torch.backends]\n\xff\xfe = module\n")
    path = os.pathsep.join(map(str, dict.fromkeys([tmp_path, *filter(None, sys.path)])))
    words = [sys.executable, "-m", "rcl_cli", "networks", "unet"]
    ended = subprocess.run(words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("metadata", [None, b"", b"Version: 9\n"])
def test_remains_of_our_own_distribution_do_not_hide_it(metadata: bytes | None, install: Install,
                                                       tmp_path: Path) -> None:  # fmt: skip
    install("fine-pack", "own", FINE)
    remains = tmp_path / "rcl_cli-0.0.1.dist-info"
    remains.mkdir()
    (remains / "entry_points.txt").write_text("[rcl.tasks]\ngone = rcl_gone\n")
    if metadata is not None:
        (remains / "METADATA").write_bytes(metadata)
    # Other packages bring this one, whose finder answers in place of Python's own once it is imported.
    pytest.importorskip("importlib_metadata")
    assert {"denoise", "own"} <= {entry.name for entry in entries(TASKS)}
    result = run("tasks")
    assert result.exit_code == 0
    assert "own" in result.stdout
    assert "denoise" in result.stdout


@pytest.mark.parametrize("verb", ["tasks", "pretexts", "networks"])
def test_a_list_of_nothing_is_no_fault(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcl_cli.cli.listing.entries", lambda group: [])
    result = run(verb)
    assert (result.exit_code, result.stdout.strip()) == (0, f"{verb.capitalize()}:")


@pytest.mark.parametrize("metadata", [b"", b"\xff\xfe\0", None])
def test_other_peoples_broken_distributions_are_no_business_of_ours(metadata: bytes | None, tmp_path: Path,
                                                                   install: Install) -> None:  # fmt: skip
    install("fine-pack", "own", FINE)
    info = tmp_path / "other-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_bytes(b"[console_scripts]\nno equals sign\n\xff")
    if metadata is not None:
        (info / "METADATA").write_bytes(metadata)
    assert run("tasks").exit_code == 0
    assert run("plugins").exit_code == 0
