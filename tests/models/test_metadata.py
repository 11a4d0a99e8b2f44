"""Model files say of themselves what other programs ask: whose tensors, which licence, what the input must be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from rcl_cli.models.header import Header, read_header
from rcl_tasks.shipped import shipped_head

TENSORS = {"network.a": torch.arange(6.0).view(2, 3), "head.b": torch.ones(5), "network.c": torch.tensor([3])}
HEADER = Header("head", Domain.BAYER, task="denoise", name="mine", step=7, notes={"licence": "CC0-1.0"})


def said(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return dict(file.metadata())


def test_a_file_names_its_format_licence_version_and_input(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, Checkpoint(TENSORS, HEADER))
    words = said(path)
    assert words["format"] == "pt"
    assert words["licence"] == "CC0-1.0"
    assert words["version"].startswith("rcl-cli ")
    assert "planes R, Gr, Gb, B; linear, 0 = black level" in words["input"]
    for name, tensor in load_file(path).items():
        assert torch.equal(tensor, TENSORS[name])
    assert read_header(path) == HEADER


def test_files_of_the_same_model_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    digests = set()
    for number in range(5):
        save_checkpoint(tmp_path / f"{number}.safetensors", Checkpoint(TENSORS, HEADER))
        digests.add(hashlib.sha256((tmp_path / f"{number}.safetensors").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_files_without_these_words_still_load(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    save_file(TENSORS, path, metadata={"rcl": HEADER.to_json()})
    assert load_checkpoint(path).header == HEADER


@pytest.mark.parametrize("task", ["denoise", "demosaic", "sr", "jdensr"])
@pytest.mark.parametrize("domain", Domain)
def test_shipped_heads_carry_them(task: str, domain: Domain) -> None:
    path = shipped_head(task, domain)
    if path is None:
        assert (task, domain) == ("demosaic", Domain.RGB)
        return
    words = said(path)
    assert (words["format"], words["licence"]) == ("pt", "MIT")
    assert words["input"].startswith(f"float32 (N, C, h, w) of {domain.value}: ")
