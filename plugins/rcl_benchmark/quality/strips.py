"""Which crops are laid side by side: the truth, the input, the best peers and rcl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rcl_benchmark.quality.crops import Tile, decoded, write_strips
from rcl_benchmark.quality.names import INPUT, OURS
from rcl_benchmark.quality.record import TRUTH, Crop, Line, Score
from rcl_benchmark.quality.score import psnr_of
from rcl_benchmark.quality.settings import Setting

PEERS = 3
"""Of the peers so many, the best ones."""


def strips(results: Sequence[Score | Crop], lines: Sequence[Line]) -> dict[Setting, list[list[Tile]]]:
    """A strip for each picture that has crops, by setting; PSNR is that of the crop as shown."""
    found: dict[tuple[Setting, str, str], dict[str, str]] = {}
    for crop in (record for record in results if isinstance(record, Crop)):
        found.setdefault((crop.key.setting, crop.key.group, crop.key.picture), {})[crop.key.method] = crop.png
    made: dict[Setting, list[list[Tile]]] = {}
    for (setting, group, name), pngs in found.items():
        if TRUTH in pngs and len(pngs) > 1:
            ranked = _ranked([line for line in lines if (line.setting, line.data) == (setting, group)])
            made.setdefault(setting, []).append(_strip(f"{group}/{name}", pngs, ranked))
    return made


def write_all(made: Mapping[Setting, Sequence[Sequence[Tile]]], folder: Path) -> None:
    """One file for each setting, in place of an earlier one."""
    for setting, rows in made.items():
        write_strips(folder / file_name(setting), rows)


def file_name(setting: Setting) -> str:
    """
    >>> file_name(Setting("demosaic", "linear", "bayer", 0.0))
    'demosaic-linear-bayer.png'
    """
    return "-".join(filter(None, setting[:3])) + ".png"


def _ranked(lines: Sequence[Line]) -> list[str]:
    """The input, the best peers from the least of them on, then rcl."""
    peers = sorted((line for line in lines if line.method not in (INPUT, *OURS)), key=lambda line: line.psnr_db)
    names = [line.method for line in lines]
    return [
        *(name for name in names if name == INPUT),
        *(line.method for line in peers[-PEERS:]),
        *(name for name in names if name in OURS),
    ]


def _strip(name: str, pngs: Mapping[str, str], ranked: Sequence[str]) -> list[Tile]:
    truth = decoded(pngs[TRUTH])
    tiles = [Tile(name, truth)]
    for method in ranked:
        if method in pngs:
            rgb = decoded(pngs[method])
            tiles.append(Tile(f"{method.replace('×', 'x')}  {psnr_of(rgb, truth):.1f} dB", rgb))
    return tiles
