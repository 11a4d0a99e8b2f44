"""What texture of photographs is like in the bins that calibration fits: `python -m … DIR` prints a table.

The constants of `rcl_calibration.texture` are read off it: how much stronger texture is in the middle frequencies than
in the high ones, how much of it lattices share, and how both spread from image to image and from bin to bin. So is
`Layout.steeper` of X-Trans's greens, and of its red and blue: how much steeper they are than Bayer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.draws import draw
from rcl_benchmark.calibration.photographs import singles
from rcl_benchmark.calibration.simulate import clean_mosaic, expose
from rcl_calibration.ranking import rank
from rcl_calibration.samples import dct_blocks
from rcl_calibration.scores import joint_scores
from rcl_calibration.selection import bin_blocks, select, usable
from rcl_calibration.single_image import STEPS, clipping_of
from rcl_cli.profiles.lattices import close_lattices

CLASSES = (0.003, 0.01, 0.03, 0.1, 0.3, 3.0, 100.0)
"""Texture over noise."""
KINDS: dict[str, tuple[str | None, tuple[int, ...]]] = {
    "Bayer": (None, (0, 1, 2, 3)),
    "X-Trans, green": ("X-Trans", (0, 1)),
    "X-Trans, red and blue": ("X-Trans", (2, 3)),
}
"""Pattern, and which of its lattices; None: any of Bayer's."""
_LEAST_BLOCKS = 40


def bins_of(
    folders: Sequence[Path], phase: str | None, wanted: Sequence[int], seed: int = 5
) -> Iterator[tuple[int, float, float, float]]:
    """Of each bin, in the lattices `wanted`, of a raw of each photograph: image, texture over noise in the HIGH and in
    the MIDDLE frequencies, and what lattices share of it."""
    pictures = singles(folders, seed)
    for number in range(len(pictures.paths)):
        rng = np.random.default_rng([seed, number])
        exposure = draw("sensor", rng, photograph=True)
        exposure = replace(exposure, phase=phase or exposure.phase)
        clean = clean_mosaic(pictures.get(number), exposure)
        frame = expose(clean, exposure, rng)
        noisy = close_lattices(frame)
        light: Any = clean
        truth = dct_blocks(close_lattices(replace(frame, mosaic=light, black_level=(0.0,) * 4, white_level=1.0)))
        blocks, clippings = dct_blocks(noisy), [clipping_of(one) for one in noisy]
        good, expected = usable(blocks, [exposure.noise] * len(noisy), clippings)
        scores = joint_scores(blocks, expected, good)
        rankings = rank(blocks, good, scores)
        bins = select(blocks, [one.plane for one in noisy], rankings, scores, expected, steps=STEPS)
        for (lattice, chosen), shared in zip(bin_blocks(blocks, rankings, STEPS), bins.texture, strict=True):
            noise = float(exposure.noise.variance(truth.light[lattice, chosen].mean()))
            if lattice in wanted and chosen.size >= 2 * _LEAST_BLOCKS:
                high, middle = truth.high[lattice, chosen].mean(), truth.steep[lattice, chosen].mean()
                yield number, high / noise, middle / noise, float(shared) / noise


def table(rows: NDArray[np.float64]) -> Iterator[str]:
    """A line for each of CLASSES."""
    for low, high in pairwise(CLASSES):
        some = rows[(rows[:, 1] > low) & (rows[:, 1] <= high)]
        if not some.size:
            continue
        steep, shared = np.log(some[:, 2] / some[:, 1]), some[:, 3] / some[:, 1]
        images, which = np.unique(some[:, 0], return_inverse=True)
        own = np.array([[steep[which == i].mean(), np.median(shared[which == i])] for i in range(images.size)])
        yield (
            f"texture {low:g}–{high:g} of noise, {len(some)} bins: steepness {np.exp(own[:, 0].mean()):.2f}, "
            f"images ±{100 * own[:, 0].std():.0f} %, bins ±{100 * (steep - own[which, 0]).std():.0f} %; shared "
            f"{np.median(own[:, 1]):.2f}, images ±{own[:, 1].std():.2f}, bins ±{(shared - own[which, 1]).std():.2f}"
        )


if __name__ == "__main__":
    for kind, (pattern, which_lattices) in KINDS.items():
        sys.stdout.write(kind + "\n")
        for line in table(np.array(list(bins_of([Path(name) for name in sys.argv[1:]], pattern, which_lattices)))):
            sys.stdout.write(line + "\n")
