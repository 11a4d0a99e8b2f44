"""What shells are told to offer, asked as they ask: by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from rcl_cli.cli.main import cli
from rcl_cli.plugins.entries import PRETEXTS, entries


def offered(line: str) -> list[str]:
    *words, last = line.split(" ")
    found = ShellComplete(cli, {}, "rcl", "_RCL_COMPLETE").get_completions(words, last)
    return [item.value for item in found if item.type == "plain"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("ap", ["apply"]),
        ("profiles s", ["show", "stamp"]),
        ("apply --task de", ["demosaic", "denoise"]),
        ("tasks jd", ["jdensr"]),
        ("finetune --task s", ["sr"]),
        ("pretrain --preset s", ["smoke"]),
        ("pretrain --network u", ["unet"]),
        ("apply --overw", ["--overwrite"]),
        ("apply --dry", ["--dry-run"]),
    ],
)
def test_verbs_options_and_names_are_offered(line: str, values: list[str]) -> None:
    assert offered(line) == values


def test_all_pretexts_are_offered() -> None:
    assert set(offered("pretrain --pretext ")) == {entry.name for entry in entries(PRETEXTS)}


def test_models_of_the_store_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCL_STORE", str(tmp_path))
    assert offered("apply --model ") == []
    (tmp_path / "models").mkdir()
    for name in ("night", "noon"):
        (tmp_path / "models" / f"{name}.safetensors").touch()
    assert offered("apply --task denoise --model n") == ["night", "noon"]
    assert offered("finetune --backbone ni") == ["night"]
