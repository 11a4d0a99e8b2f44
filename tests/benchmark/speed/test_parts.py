"""The cases themselves: complete, able to be done by other processes, and right about the distances."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from rcl_benchmark.quality.methods import version_of
from rcl_benchmark.speed import apply, emd, inputs, paper, parts
from rcl_benchmark.speed.names import APPLY, CALIBRATE, PARTS, SCALE
from rcl_benchmark.speed.record import Compared, Measured, lines
from rcl_benchmark.speed.side import QUICK, Size


@pytest.mark.parametrize("part", PARTS)
def test_each_case_has_its_base_and_sides_that_other_processes_can_do(part: str, tmp_path: Path) -> None:
    for case in parts.cases(part, Size(), tmp_path):
        names = [side.name for side in case.sides]
        assert case.base in names
        assert len(set(names)) == len(names)
        for side in case.sides:
            assert bool(side.command) != bool(side.prepare)
            assert pickle.loads(pickle.dumps(side)) == side
    assert not list(tmp_path.iterdir())


def test_a_tool_that_is_not_installed_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "version_of", lambda name: "" if name in ("POT", "bm3d") else version_of(name))
    missing = parts.missing()
    assert (missing["POT, wasserstein_1d"], missing["bm3d, each plane"]) == ("POT", "bm3d")
    assert {tool for tool in missing.values() if tool not in ("POT", "bm3d")} == {
        tool for tool in ("colour-demosaicing",) if not version_of(tool)
    }
    sides = [side.name for part in PARTS for case in parts.cases(part, QUICK, tmp_path) for side in case.sides]
    assert not any("POT" in side or "bm3d" in side for side in sides)


def test_all_ways_find_scipys_distances() -> None:
    a, b = (x[:, 0].numpy() for x in emd.patches(5, 300))
    exact = np.array([[wasserstein_distance(first, second) for second in b] for first in a])
    for way in (emd.sorts, emd.ours, emd.cdist, emd.pot, emd.scipy):
        found = way(5, 300)()
        np.testing.assert_allclose(found, exact[: len(found)], atol=2e-6)


def test_multiplications_are_those_of_the_layers() -> None:
    """The Bayer head of 32 features: 16 → 32 and ten convolutions at full size, levels of 64 and 96 below."""
    counted = apply.operations_per_element("demosaic")
    blocks = 9 * (16 * 32 + 10 * 32**2 + 4 * 64**2 / 4 + 4 * 96**2 / 16)
    between = 4 * 32 * 64 / 4 + 64 * 4 * 32 / 4 + 4 * 64 * 96 / 16 + 96 * 4 * 64 / 16
    assert blocks + between < counted < 1.3 * (blocks + between)  # the head's own come on top


def test_raws_are_of_their_size_and_copies_of_their_number(tmp_path: Path) -> None:
    import rcl_cli

    path = inputs.raw_file(tmp_path, 0.05)
    assert rcl_cli.read(path).megapixels == pytest.approx(0.05, rel=0.05)
    folder = inputs.copies(tmp_path, path, 3)
    assert folder == inputs.copied(tmp_path, path, 3)
    assert {file.read_bytes() for file in folder.iterdir()} == {path.read_bytes()}
    assert len(list(folder.iterdir())) == 3


def test_ten_million_raws_by_hand() -> None:
    decode, estimate = Measured("decode", 24.0, (0.24,)), Measured("estimate", 24.0, (0.48,))
    network = Measured(apply.NETWORK, 24.0, (20.0,), operations=1e12)
    results = [
        Compared(CALIBRATE, "one raw", "decode", "MP", (decode, estimate)),
        Compared(APPLY, "denoise, all cores", apply.NETWORK, "MP", (network,)),
        Compared(SCALE, "rcl apply where all is done", "10 files", "file", (Measured("10 files", 10.0, (0.036,)),)),
    ]
    text = "\n".join(paper.paper(lines(results)))
    assert "| 300 TB |" in text  # 10⁷ × 30 MB
    assert "| 67 h |" in text  # 3·10¹⁴ B ÷ 1.25·10⁹ B/s = 240 000 s
    assert "| 10.5 TB |" in text  # 10⁷ × 2²⁰ B
    assert "| 2,000 core hours |" in text  # 10⁷ × 0.72 s
    assert "| 55,556 machine hours |" in text  # 10⁷ × 20 s
    assert "| 28 GPU hours, 69 dollars |" in text  # 10⁷ × 10¹² ÷ 10¹⁴ = 10⁵ s
    assert "| 10.0 h;" in text  # 10⁷ × 3.6 ms
