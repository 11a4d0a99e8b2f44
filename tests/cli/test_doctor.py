"""`rcl doctor` says what is there, what is missing and what for; it always ends well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from rcl_cli.cli import checkup, checkup_device
from rcl_cli.cli.main import cli
from rcl_cli.plugins.entries import Entry, entries


def checks(*arguments: str) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(cli, ["doctor", "--json", *arguments])
    assert result.exit_code == 0, result.output
    return {line["name"]: line for line in map(json.loads, result.stdout.splitlines())}


def test_versions_are_those_of_the_packages(tmp_path: Path) -> None:
    found = checks("--store", str(tmp_path))
    for name in ("click", "numpy", "rawpy", "torch"):
        assert found[name]["value"] == metadata.version(name)
        assert found[name]["status"] == "done"
    assert found["Python"]["value"] == ".".join(map(str, sys.version_info[:3]))


def test_nothing_is_written(tmp_path: Path) -> None:
    found = checks("--store", str(tmp_path / "not" / "yet"))
    assert "not made yet" in found["store"]["value"]
    assert list(tmp_path.iterdir()) == []


def test_without_exiftool_it_is_missing_and_all_else_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checks("--store", str(tmp_path))
    assert found["exiftool"]["status"] == "skipped"
    assert "XMP" in found["exiftool"]["reason"]
    table = CliRunner().invoke(cli, ["doctor", "--store", str(tmp_path)])
    assert table.exit_code == 0
    assert "missing" in next(line for line in table.stdout.splitlines() if line.split()[:1] == ["exiftool"])


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_an_exiftool_that_does_not_work_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "exiftool"
    program.write_text("#!/bin/sh\necho 'no perl' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    found = checks("--store", str(tmp_path))["exiftool"]
    assert (found["status"], "no perl" in found["reason"]) == ("failed", True)


def test_a_file_in_the_way_of_the_store_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    found = checks("--store", str(tmp_path / "store" / "mine"))["store"]
    assert (found["status"], found["path"]) == ("failed", str(tmp_path / "store" / "mine"))


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    monkeypatch.setenv("RCL_STORE", str(tmp_path))
    assert checks()["store"]["status"] == "failed"


def test_damaged_models_and_profiles_are_problems(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "bad.safetensors").write_bytes(b"nothing")
    found = checks("--store", str(tmp_path))
    assert (found["models"]["status"], "bad.safetensors" in found["models"]["reason"]) == ("failed", True)


def test_a_missing_or_old_package_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    known = metadata.version

    def version(name: str) -> str:
        if name == "rawpy":
            raise metadata.PackageNotFoundError(name)
        return "0.9" if name == "tifffile" else known(name)

    monkeypatch.setattr(metadata, "version", version)
    found = {one.name: one for one in checkup.versions()}
    assert {name for name, one in found.items() if one.status == checkup.PROBLEM} == {"rawpy", "tifffile"}
    assert "pip install" in found["tifffile"].about


def test_a_package_that_does_not_load_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    found = {one.name: one for one in checkup.versions()}["rawpy"]
    assert (found.status, "cannot be loaded" in found.about) == (checkup.PROBLEM, True)


def test_optional_packages_that_are_missing_say_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    found = {one.name: one for one in checkup.programs()}
    assert found["matplotlib"].status == checkup.MISSING
    assert "rcl-cli[plots]" in found["matplotlib"].about
    assert "pytest" not in found


def test_a_broken_plugin_of_others_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Entry("wonder", "no_such_module_anywhere", "rcl.tasks", "wonder-pack", "1.0")
    known = entries
    monkeypatch.setattr(checkup, "entries", lambda group: [*known(group), *([theirs] if group == "rcl.tasks" else [])])
    found = {one.name: one for one in checkup.plugins()}
    assert found["wonder"].status == checkup.PROBLEM
    assert "no_such_module_anywhere" in found["wonder"].about
    assert found["wonder"].value == "wonder-pack 1.0"


DEVICES = {
    "cpu build": ("2.9.0+cpu", None, None, ("cpu", "CPU alone")),
    "card": ("2.9.0", "13.0", "cuda", ("cuda", "Card, 24 GB")),
    "mac": ("2.9.0", None, "mps", ("mps", "Mac")),
    "no card": ("2.9.0", "13.0", "cpu", ("cpu", "finds no card")),
    "broken": ("2.9.0", None, OSError("libcudart.so"), ("none", "libcudart.so")),
}


@pytest.mark.parametrize("case", DEVICES)
def test_the_device_is_what_torch_would_take_and_why(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcl_cli.train import device

    version, cuda, chosen, (value, why) = DEVICES[case]

    def choose() -> SimpleNamespace:
        if isinstance(chosen, Exception):
            raise chosen
        return SimpleNamespace(type=chosen)

    card = SimpleNamespace(name="Card", total_memory=24e9)
    monkeypatch.setattr(metadata, "version", lambda name: version)
    monkeypatch.setattr(device, "choose_device", choose)
    monkeypatch.setattr("torch.version.cuda", cuda)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda number: card)
    found = {one.name: one for one in checkup_device.device()}["auto"]
    assert (found.value, why in found.about) == (value, True)


def test_an_unused_card_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.9.0+cpu")
    monkeypatch.setattr(checkup_device, "_has_card", lambda: True)
    assert "install a torch with CUDA" in next(checkup_device.device()).about


@pytest.mark.slow
@pytest.mark.skipif(not metadata.version("torch").endswith("+cpu"), reason="another torch is asked what it finds")
def test_a_torch_for_the_cpu_alone_is_not_imported(tmp_path: Path) -> None:
    program = "import sys\nfrom rcl_cli.cli.main import cli\ntry: cli()\nfinally: print('torch' in sys.modules)"
    asked = [sys.executable, "-c", program, "doctor", "--store", str(tmp_path)]
    environment = {**os.environ, "RCL_LOAD_PLUGINS": ""}
    finished = subprocess.run(asked, capture_output=True, text=True, check=False, env=environment)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "False"
