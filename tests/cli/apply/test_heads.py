"""Which head is taken, and which are refused."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import load_checkpoint, save_checkpoint

Call = Callable[..., Any]


@pytest.mark.slow
def test_the_newest_head_is_taken_and_said(apply: Call, raws: Path, add_head: Call, tmp_path: Path) -> None:
    old = add_head("denoise", Domain.BAYER, "old")
    os.utime(old, (time.time() - 100,) * 2)
    new = add_head("denoise", Domain.BAYER, "new")
    mine = add_head("denoise", Domain.BAYER, "mine", camera="Acme One")
    os.utime(mine, (time.time() - 200,) * 2)
    for expected in (mine, new, old):
        result = apply("--task", "denoise", raws / "a.dng", "-o", tmp_path / expected.stem, "--json")
        assert result.lines[0]["model"] == str(expected)
        assert str(expected) in result.stderr
        expected.unlink()


@pytest.mark.slow
def test_damaged_heads_in_the_store_cost_a_line_each(apply: Call, raws: Path, add_head: Call, tmp_path: Path) -> None:
    good = add_head("denoise", Domain.BAYER, "good")
    os.utime(good, (time.time() - 100,) * 2)
    infinite = load_checkpoint(good)
    infinite.tensors["network.stem.weight"].fill_(float("inf"))
    save_file(infinite.tensors, good.with_stem("infinite"), metadata={"rcl": infinite.header.to_json()})
    lies: dict[str, Any] = {
        "wide": {"architecture": {"width": 9000}},
        "fitted": {"architecture": {"width": 5, "depth": 1}},
        "odd": {"options": {"strangeness": 1}},
    }
    for name, changes in lies.items():
        lie = replace(load_checkpoint(good), header=replace(infinite.header, **changes))
        save_checkpoint(good.with_stem(name), lie)
    (good.parent / "list.safetensors").write_bytes(b"\2" + bytes(7) + b"[]")
    result = apply("--task", "denoise", raws / "a.dng", raws / "a.dng", "-o", tmp_path / "out", "--json")
    assert [line["model"] for line in result.lines] == [str(good)]
    for name in ("infinite", "wide", "fitted", "odd", "list"):
        assert result.stderr.count(f"{name}.safetensors: ") == 1
    assert (result.exit_code, result.stderr.count("left out")) == (0, 5)


def test_a_given_model_must_fit(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    def failing(model: object) -> Any:
        result = apply("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--model", model)
        assert result.exit_code == 2
        assert "Traceback" not in result.stderr
        return result

    (tmp_path / "cut.safetensors").write_bytes((heads / "models" / "denoise-bayer.safetensors").read_bytes()[:-9])
    (tmp_path / "text.safetensors").write_text("no safetensors file at all")
    assert "made for rgb" in failing("denoise-rgb").stderr
    assert "a head for sr" in failing("sr-bayer").stderr
    assert "cut short" in failing(tmp_path / "cut.safetensors").stderr
    assert "not a safetensors file" in failing(tmp_path / "text.safetensors").stderr
    assert "is called 'nobody'" in failing("nobody").stderr


def test_a_task_says_which_files_it_works_on(apply: Call, picture: Call, heads: Path, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    result = apply("--task", "demosaic", tmp_path / "a.png", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "works on bayer, xtrans files; this one is rgb" in result.stderr
