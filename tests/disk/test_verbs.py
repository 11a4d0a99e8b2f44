"""Whatever a command leaves under a final name has reached the disk before it got that name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame

SMALL = ("--width", "4", "--depth", "1", "--batch", "2", "--device", "cpu")
FINETUNE = ("finetune", "--task", "demosaic", "--validate-every", "2", "--crop", "24", "--steps", "4", *SMALL)
PRETRAIN = ("pretrain", "--preset", "smoke", "--steps", "3", "--crop", "16", "--encoder", "none", *SMALL)
VERBS = {
    "samples": ("samples", "{out}/samples", "--count", "1", "--size", "64"),
    "simulate": ("simulate", "{pictures}", "-o", "{out}/pairs", "--shot", "0.01", "--read", "1e-4"),
    "calibrate": ("calibrate", "{raws}", "--output", "{out}/profiles.json"),
    "pretrain": (*PRETRAIN, "{pictures}", "-o", "{out}/pretrained", "--cache", "{out}/cache"),
    "finetune": (*FINETUNE, "--clean", "{pictures}", "-o", "{out}/finetuned"),
    "apply": ("apply", "--task", "denoise", "{pictures}", "-o", "{out}/results", "--device", "cpu"),
}


@pytest.fixture
def raws(tmp_path: Path) -> Path:
    """One that tells its noise."""
    x = np.tile(np.linspace(0.02, 0.8, 384), (384, 1))
    noisy = x + np.random.default_rng(0).normal(0, np.sqrt(2e-3 * x + 1e-5))
    mosaic = np.clip(np.rint(128 + noisy * 3967), 0, 4095).astype(np.uint16)
    about = Metadata(make="Imaginary", model="One", iso=800.0)
    frame = RawFrame(mosaic, CFA.bayer("RGGB"), (128.0,) * 4, 4095.0, about)
    write_dng(tmp_path / "raws" / "0.dng", frame)
    return tmp_path / "raws"


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_gets_its_name_before_its_contents_are_on_the_disk(
    verb: str, recorder: Any, pictures: Path, raws: Path, store: Path, tmp_path: Path
) -> None:
    arguments = [part.format(pictures=pictures, raws=raws, out=tmp_path / "out") for part in VERBS[verb]]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    # The cache vouches for itself; a log grows after it has got its name; a journal is gone.
    left_out = {path for path in recorder.cut if "cache" in path.parts or path.suffix == ".jsonl" or not path.exists()}
    kept = {path: found for path, found in recorder.cut.items() if path not in left_out}
    assert kept
    for path, found in kept.items():
        assert b"" not in found or path.stat().st_size == 0, path
        assert path.read_bytes() in found, path
    # Each folder was synced after the last name in it.
    assert not recorder.waiting & kept.keys()
