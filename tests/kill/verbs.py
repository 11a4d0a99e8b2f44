"""The commands that are killed, and what they work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame

SMALL = ("--width", "4", "--depth", "1", "--batch", "2", "--device", "cpu")
FINETUNE = ("finetune", "--task", "demosaic", "--validate-every", "7", "--crop", "24", "--steps", "40", *SMALL)
PRETRAIN = ("pretrain", "--preset", "smoke", "--steps", "30", "--crop", "16", "--encoder-steps", "8", *SMALL)
JOINED = ("--join", "consistency", "--encoder", "self")


@dataclass(frozen=True)
class Verb:
    """A command, in a folder of its own, and what goes on with it."""

    name: str
    command: Callable[[Path, Path], Sequence[str]]
    """Of the inputs and the folder."""
    results: Sequence[str]
    """What must be the same in the end: patterns in the folder."""


def _pretrain(inputs: Path, folder: Path) -> Sequence[str]:
    if (folder / "run" / "run.json").exists():
        return ("pretrain", "--resume", "-o", f"{folder}/run", "--cache", f"{folder}/cache", "--device", "cpu")
    begin = (f"{inputs}/pictures", "-o", f"{folder}/run", "--cache", f"{folder}/cache")
    return (*PRETRAIN, *JOINED, *begin, "--name", "mine")


def _finetune(inputs: Path, folder: Path) -> Sequence[str]:
    if (folder / "run" / "finetune.json").exists():
        return ("finetune", "--resume", "-o", f"{folder}/run")
    return (*FINETUNE, "--clean", f"{inputs}/pictures", "-o", f"{folder}/run", "--name", "mine")


VERBS = (
    Verb(
        "apply",
        lambda inputs, folder: (
            *("apply", "--task", "denoise", f"{inputs}/small", "-o", f"{folder}/out", "--device", "cpu"),
        ),
        ["out/*"],
    ),
    Verb(
        "simulate",
        lambda inputs, folder: ("simulate", f"{inputs}/pictures", "-o", f"{folder}/out", "--domain", "bayer"),
        ["out/*/*", "out/*.json"],
    ),
    Verb("calibrate", lambda inputs, folder: ("calibrate", f"{inputs}/raws"), ["store/*.json"]),
    Verb("pretrain", _pretrain, ["run/*.safetensors", "store/models/*"]),
    Verb("finetune", _finetune, ["run/*.safetensors", "store/models/*"]),
)


def make_inputs(folder: Path) -> None:
    """Six small raws, four larger ones and five pictures."""
    rng = np.random.default_rng(0)
    for name, count, side in (("small", 6, 96), ("raws", 4, 384)):
        for number in range(count):
            x = np.tile(np.linspace(0.02, 0.8, side), (side, 1))
            noisy = x + rng.normal(0, np.sqrt(2e-3 * x + 1e-5))
            mosaic = np.clip(np.rint(128 + noisy * 3967), 0, 4095).astype(np.uint16)
            about = Metadata(make="Imaginary", model="One", iso=800.0)
            write_dng(folder / name / f"{number}.dng", RawFrame(mosaic, CFA.bayer("RGGB"), (128.0,) * 4, 4095.0, about))
    (folder / "pictures").mkdir()
    for number in range(5):
        tiny = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "pictures" / f"{number}.png"), cv2.resize(tiny, (64, 48)))
