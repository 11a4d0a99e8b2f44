"""Words of models, profiles, plugins and results never steer the terminal, nor a page, whatever verb prints them."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import Checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.profiles.book import save_profiles
from rcl_cli.report.noise_plot import write_plots

HOSTILE = "a\x1b[2J\x1b]0;owned\x07\u202egnd\x9b31m\u2066[red]$x$<script>alert(1)</script>"


def harmless(text: str) -> bool:
    bad = [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter != "\n"]
    return bad == []


def run(*arguments: object) -> str:
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert "Traceback" not in result.output
    assert "unexpected" not in result.output
    return result.output


def test_models(store: Path, tmp_path: Path) -> None:
    header = Header(
        "head", Domain.BAYER, {}, HOSTILE, task=HOSTILE, name=HOSTILE, camera=HOSTILE, parent=HOSTILE, data=HOSTILE,
        notes={HOSTILE: HOSTILE}, noise={HOSTILE: [HOSTILE]},
    )  # fmt: skip
    name = HOSTILE.replace("/", "").encode()[:60].decode(errors="ignore")
    path = store / "models" / f"{name}.safetensors"
    save_checkpoint(path, Checkpoint({"w": torch.zeros(1)}, header))
    path.with_name(f"{name}2.safetensors").write_bytes(b"x")
    for arguments in (["models"], ["models", "--json"], ["info", path], ["info", path, "--json"]):
        assert harmless(run(*arguments))
    (tmp_path / "a.dng").write_bytes(b"II*\0")
    for model in (name, f"{name}2", HOSTILE, path):
        assert harmless(run("apply", "--task", "denoise", "--model", model, tmp_path / "a.dng"))
    assert harmless(run("apply", "--task", HOSTILE, tmp_path / "a.dng", "--format", HOSTILE))


def test_profiles(store: Path, tmp_path: Path) -> None:
    hostile = NoiseProfile.uniform(
        1e-3, 1e-6, camera=HOSTILE, iso=100.0, method=HOSTILE, quality="weak", reason=HOSTILE
    )
    save_profiles(store / "profiles.json", [hostile])
    bad = tmp_path / f"bad{HOSTILE.replace('/', '')}.json"
    bad.write_text(json.dumps({**hostile.to_dict(), "iso": HOSTILE}))
    for arguments in (
        ["profiles", "show"],
        ["profiles", "show", "--json"],
        ["profiles", "show", bad],
        ["profiles", "merge", bad],
        ["info", store / "profiles.json"],
        ["info", bad],
        ["profiles", "export", tmp_path / "out.json", "--camera", HOSTILE],
    ):
        assert harmless(run(*arguments))


@pytest.mark.slow
def test_a_plot_of_any_camera_has_one_name_in_its_folder(tmp_path: Path) -> None:
    names = ["../../up", "/root", HOSTILE, "$\\frac{", "...", "", "a b", "a-b", "x" * 400, "\0"]
    profiles = [NoiseProfile.uniform(1e-3, 1e-6, camera=name, iso=100.0, method="$\\frac{") for name in names]
    written = write_plots(tmp_path / "plots", [(profile, None) for profile in profiles])
    assert len(set(written)) == len(names)
    assert all(path.parent == tmp_path / "plots" and path.is_file() for path in written)
    assert [path.name for path in tmp_path.iterdir()] == ["plots"]


def test_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("RCL_LOAD_PLUGINS")
    words = HOSTILE.replace("=", "").replace("[", "(")
    (tmp_path / "hostile_words_plugin.py").write_text(f"{HOSTILE!r}\nraise ValueError({HOSTILE!r})\n")
    info = tmp_path / "hostile-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: hostile\nVersion: 1{words}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[rcl.tasks]\n{0} = {1}\nown = {1}\n[rcl.commands]\n{0} = {1}\n".format(words, "hostile_words_plugin"),
        encoding="utf-8",
    )
    for arguments in (
        ["tasks"],
        ["tasks", "--json"],
        ["plugins"],
        ["plugins", "--json"],
        ["tasks", "own"],
        ["--help"],
        [words],
    ):
        assert harmless(run(*arguments))
    (info / "entry_points.txt").write_text(f"[rcl.tasks]\n{words}\n", encoding="utf-8")
    assert harmless(run("plugins"))


def test_names_with_any_bytes_are_shown(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\x1b[31m\xe2\x80\xae.dng"
    with open(raw, "wb"):  # noqa: PTH123
        pass
    for verb in (["info"], ["calibrate", "--no-save"], ["apply", "--task", "denoise"]):
        for more in ([], ["--json"]):
            assert harmless(run(*verb, *more, os.fsdecode(raw)))
