"""Every line that any verb prints with --json keeps the one schema in the docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles

SMALL = ("--width", "4", "--depth", "1", "--crop", "16", "--batch", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def validator(root: Path) -> jsonschema.Draft202012Validator:
    schema = json.loads((root / "docs" / "json-lines.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Raws, their clean pictures, a pair of each, and a file that is no picture."""
    lines("samples", tmp_path / "raws", "--count", 3, "--size", 96, "--iso", 3200, "--clean", tmp_path / "clean")
    (tmp_path / "raws" / "bad.dng").write_bytes(b"II*\0 is cut short")
    return tmp_path


def lines(*arguments: object) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.slow
def test_every_verb_keeps_the_schema(
    folder: Path, tmp_path: Path, validator: jsonschema.Draft202012Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raws, clean = folder / "raws", folder / "clean"
    save_profiles(tmp_path / "given.json", [NoiseProfile.uniform(1e-3, 1e-6, camera="One", iso=100.0)])
    cache = ("--cache", tmp_path / "cache")
    runs = {
        "samples": ("samples", tmp_path / "more", "--count", 1, "--size", 64),
        "calibrate": ("calibrate", raws),
        "calibrate by camera": ("calibrate", raws, "--by", "camera"),
        "profiles show": ("profiles", "show", tmp_path / "given.json"),
        "profiles stamp": ("profiles", "stamp", raws, "--profile", tmp_path / "given.json"),
        "apply": ("apply", "--task", "denoise", raws, "--device", "cpu"),
        "apply again": ("apply", "--task", "denoise", raws, "--device", "cpu", "--strength", "0.5"),
        "pretrain": ("pretrain", raws, "--steps", 2, *SMALL, *cache),
        "finetune": ("finetune", "--task", "denoise", "--clean", clean, "--steps", 2, "--backbone", "none", *SMALL),
        "simulate": ("simulate", clean, raws / "bad.dng", "-o", tmp_path / "pairs"),
        "evaluate": ("evaluate", "--task", "denoise", "--pairs", tmp_path / "pairs", "--model", "none"),
        "info": ("info", raws / "bad.dng", raws / "sample-001-iso03200.dng"),
        **{name: (name,) for name in ("models", "tasks", "pretexts", "networks", "plugins", "doctor", "config")},
        "one pretext": ("pretexts", "rcl"),
    }
    printed = {name: lines(*arguments) for name, arguments in runs.items()}
    for name, found in printed.items():
        assert found, name
        for line in found:
            errors = [error.message for error in validator.iter_errors(line)]
            assert not errors, f"{name}: {line}: {errors}"
    for name in ("calibrate", "apply", "pretrain", "simulate", "info"):
        failed = [line for line in printed[name] if line["status"] == "failed"]
        assert [Path(line["path"]).name for line in failed] == ["bad.dng"], name


def test_the_schema_refuses_what_no_verb_may_print(validator: jsonschema.Draft202012Validator) -> None:
    good = {"kind": "picture", "path": "a.dng", "status": "failed", "reason": "is empty"}
    assert validator.is_valid(good)
    for wrong in ({"status": "ok"}, {"reason": ""}, {"path": 3}, {"kind": "thing"}):
        assert not validator.is_valid({**good, **wrong})
    assert not validator.is_valid({name: value for name, value in good.items() if name != "reason"})
