"""The noise of a raw, beside decoding it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from rcl_benchmark.speed.inputs import raw_file
from rcl_benchmark.speed.names import CALIBRATE
from rcl_benchmark.speed.program import rcl
from rcl_benchmark.speed.side import Case, Side, Size, Work

_DECODE = "decode, by rcl"


def cases(size: Size, folder: Path) -> list[Case]:
    """On one core, and `rcl calibrate` of several raws on all."""
    megapixels, given = size.megapixels, (folder, size.megapixels)
    alone = (
        Side("decode, by LibRaw alone", prepare=libraw, arguments=given, amount=megapixels),
        Side(_DECODE, prepare=decode, arguments=given, amount=megapixels),
        Side("estimate", prepare=estimate, arguments=given, amount=megapixels),
    )
    batch, store = folder / f"raws-{size.raws}", folder / "store"
    together = (
        Side(_DECODE, prepare=decode, arguments=given, amount=megapixels),
        Side(
            f"rcl calibrate, {size.raws} raws",
            rcl("calibrate", batch, "--store", store),
            amount=size.raws * megapixels,
            fresh=(str(store),),
        ),
    )
    inputs = partial(raws, batch, size.megapixels, size.raws)
    return [
        Case(CALIBRATE, "one raw, one core", "MP", alone, _DECODE, one_core=True),
        Case(CALIBRATE, "the program, start included, all cores", "MP", together, _DECODE, inputs),
    ]


def raws(folder: Path, megapixels: float, count: int) -> None:
    """So many raws in `folder`."""
    for number in range(count):
        raw_file(folder, megapixels, number)


def libraw(folder: Path, megapixels: float) -> Work:
    """The mosaic and nothing else."""
    import rawpy

    path = str(raw_file(folder, megapixels))

    def work() -> None:
        with rawpy.imread(path) as raw:
            np.array(raw.raw_image_visible)

    return work


def decode(folder: Path, megapixels: float) -> Work:
    """As all verbs do it, in a process of its own."""
    import rcl_cli

    path = raw_file(folder, megapixels)

    def work() -> None:
        rcl_cli.read(path)

    return work


def estimate(folder: Path, megapixels: float) -> Work:
    """Of a frame that is decoded."""
    import rcl_cli

    frame = rcl_cli.read(raw_file(folder, megapixels))

    def work() -> None:
        rcl_cli.estimate_noise(frame)

    return work
