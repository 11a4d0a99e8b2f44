"""--ensemble: no way up is preferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.turn import ALL_TURNS, Turn

Call = Callable[..., Any]


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["GBRG", "xtrans"])
def test_a_turned_picture_gives_the_turned_result(
    apply: Call, raw: Call, heads: Path, tmp_path: Path, phase: str
) -> None:
    frame = raw(tmp_path / "in" / "0.dng", phase, (43, 58))
    turns = (Turn(1), Turn(2, mirrored=True), Turn(3))
    for number, turn in enumerate(turns, start=1):
        write_dng(tmp_path / "in" / f"{number}.dng", turned(frame, turn))
    found = {}
    for name, choice in (("once", []), ("ensemble", ["--ensemble"])):
        result = apply("--task", "sr", tmp_path / "in", "-o", tmp_path / name, "--format", "npy", *choice)
        assert result.exit_code == 0, result.stderr
        found[name] = [np.load(tmp_path / name / f"{number}.npy") for number in range(4)]
    differences = {
        name: max(np.abs(turn.back(pixels) - first).max() for turn, pixels in zip(turns, rest, strict=True))
        for name, (first, *rest) in found.items()
    }
    assert differences["ensemble"] < 1e-5 < 1e-3 < differences["once"]


def test_the_ensemble_is_the_mean_over_all_turns(apply: Call, raw: Call, heads: Path, tmp_path: Path) -> None:
    frame = raw(tmp_path / "in" / "0.dng", "RGGB", (32, 48))
    for number, turn in enumerate(ALL_TURNS[1:], start=1):
        write_dng(tmp_path / "in" / f"{number}.dng", turned(frame, turn))
    for name, paths, choice in (("once", "in", []), ("ensemble", "in/0.dng", ["--ensemble"])):
        result = apply("--task", "sr", tmp_path / paths, "-o", tmp_path / name, "--format", "npy", *choice)
        assert result.exit_code == 0, result.stderr
    each = [turn.back(np.load(tmp_path / "once" / f"{n}.npy")) for n, turn in enumerate(ALL_TURNS)]
    np.testing.assert_allclose(np.load(tmp_path / "ensemble" / "0.npy"), np.mean(each, axis=0), atol=1e-5)


def turned(frame: RawFrame, turn: Turn) -> RawFrame:
    mosaic = turn.of(frame.mosaic.astype(np.float32)).astype(np.uint16)
    return replace(frame, mosaic=mosaic, cfa=turn.cfa(frame.cfa, *frame.mosaic.shape))
