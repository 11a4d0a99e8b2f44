"""What shells are told to offer, asked as they ask: by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.plugins.entries import PRETEXTS, entries
from rcl_cli.profiles.book import save_profiles, stored_profiles


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


def test_formats_and_calibrated_cameras_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered("apply --format T") == ["tiff"]
    assert offered("apply --select ") == ["camera=", "iso="]
    names = ("Canon EOS 7D", "SONY ILCE-7M3", "Acme One")
    save_profiles(
        stored_profiles(tmp_path), [NoiseProfile.uniform(1e-3, 1e-6, camera=name, iso=100.0) for name in names]
    )
    monkeypatch.setenv("RCL_STORE", str(tmp_path))
    assert offered("finetune --camera c") == ["Canon EOS 7D"]
    assert offered("apply --select camera=") == ["camera=7D", "camera=ILCE-7M3", "camera=One", "camera="]
    stored_profiles(tmp_path).write_text("damaged")
    assert offered("finetune --camera c") == []
