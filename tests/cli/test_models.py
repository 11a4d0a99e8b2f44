from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import Checkpoint, save_checkpoint
from rcl_cli.models.header import Header

KEYS = [
    *("kind", "path", "status", "reason", "name", "task", "domain", "network"),
    *("camera", "scale", "step", "bytes", "from"),
]


def add(store: Path, name: str, age_s: float, **header: object) -> Path:
    path = store / "models" / f"{name}.safetensors"
    values = {"kind": "head", "domain": Domain.BAYER, "architecture": {}, **header}
    save_checkpoint(path, Checkpoint({"weight": torch.zeros(3)}, Header(**values)))  # type: ignore[arg-type]
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def models(*arguments: str) -> tuple[list[dict[str, object]], str]:
    result = CliRunner().invoke(cli, ["models", "--json", *arguments])
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(row) == KEYS for row in rows if row["status"] == "done")
    return rows, result.stderr


def test_own_models_newest_first_with_what_their_headers_say(store: Path) -> None:
    old = add(store, "old", 50, task="sr", scale=2, step=700, camera="Acme One")
    add(store, "base", 10, kind="backbone", domain=Domain.XTRANS)
    own = [row for row in models()[0] if row.get("from") == "store"]
    assert [row["name"] for row in own] == ["base", "old"]
    assert own[1] == {
        "kind": "head",
        "path": str(old),
        "status": "done",
        "reason": "",
        "name": "old",
        "task": "sr",
        "domain": "bayer",
        "network": "",
        "camera": "Acme One",
        "scale": 2,
        "step": 700,
        "bytes": old.stat().st_size,
        "from": "store",
    }


def test_shipped_heads_are_listed_with_their_distribution(store: Path) -> None:
    shipped = [row for row in models()[0] if row.get("from") != "store"]
    assert all(str(row["from"]).startswith("rcl-cli ") for row in shipped)
    assert all(row["kind"] == "head" and Path(str(row["path"])).is_file() for row in shipped)


def test_a_broken_file_is_named_and_the_rest_is_listed(store: Path) -> None:
    good = add(store, "good", 0)
    (store / "models" / "cut.safetensors").write_bytes(good.read_bytes()[:-2])
    rows, said = models()
    assert [row.get("name") for row in rows if row["status"] == "failed"] == [None]
    assert "good" in [row.get("name") for row in rows]
    assert "cut.safetensors: is cut short" in said


@pytest.mark.parametrize("filled", [True, False])
def test_the_table_names_every_model(store: Path, tmp_path: Path, filled: bool) -> None:
    if filled:
        add(tmp_path / "other", "mine", 0)
    result = CliRunner().invoke(cli, ["models", "--store", str(tmp_path / "other")])
    assert result.exit_code == 0
    assert ("mine" in result.stdout) == filled
