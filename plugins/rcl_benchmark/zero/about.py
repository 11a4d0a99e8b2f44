"""What the page says of a run of the comparison."""

from __future__ import annotations

import sys

import torch

from rcl_benchmark.page import hardware
from rcl_benchmark.tables.about import command_of_all
from rcl_benchmark.tables.page import About
from rcl_benchmark.zero.methods import NOISY_AS_CLEAN, REAL_METHODS
from rcl_benchmark.zero.real import STRONG, RealComparison
from rcl_benchmark.zero.run import Comparison

_READING = """\
Clean pictures get noise of known level, one noisy copy each, which stays the same. RGB: values as in the files, σ at
white uniform in 0 to 20 of 255, shot noise's share uniform. Raws: linear light under a random exposure and white
balance, mosaicked; λ as of sensors, from base ISO to the highest; PSNR of packed planes. All rows have the same
network, steps, batch and crops; `sure` and `rcl` pass two crops through it where the others pass one. supervised-told
learns from the clean pictures, with new noise in every step, and is told σ(x), as `sure`, `recorrupted` and `rcl` are;
supervised is not told. All networks are used as by `rcl apply --ensemble`, and those that are told σ(x) with
`--strength auto`. bm3d is told the true noise, after a variance stabilisation with the exact unbiased inverse.
"""

_REAL = """\

Real pairs ({sets}): the clean picture is the mean of many shots, and nothing but the score sees it. The middle {side}²
of each picture is scored, for all methods, as BM3D is slow. One network learns from the noisy pictures of all sets, in
{steps} steps of {batch} crops of {crop}². The noise is correlated. bm3d is told the level measured in the flat blocks
of each picture as if it were not; bm3d-strong is told {strong:g} times that σ, and noisy-as-clean adds {strength:g}
times the measured noise, in the second half of the steps from half to all of that, to its own results. Of two values of
the first factor and three of the second these did best on the means of CC and PolyU, so that both have an advantage
there.
"""


def about(comparison: Comparison, preset: str, seconds: float, real: RealComparison | None = None) -> About:
    """`seconds`: wall time of all rows on the page."""
    budget, data, device = comparison.budget, comparison.data, torch.device(comparison.device)
    return About(
        command=command_of_all(sys.argv[1:]),
        preset=preset,
        settings={
            "training": f"{budget.steps} steps of {budget.batch} crops of {budget.crop}²",
            "learning rate": f"{budget.lr:g} (rising over {budget.rise:.0%}, falling over the last {budget.fall:.0%})",
            "network": f"width {budget.width}, depth {budget.depth}",
            "weight of the contrast": f"{comparison.contrast:g}",
        },
        seeds=f"{comparison.seed}",
        pictures=f"{len(data.train[: budget.train_count])} pictures to learn from, {len(data.test)} to test on",
        hardware=torch.cuda.get_device_name(device) if device.type == "cuda" else hardware(),
        seconds=seconds,
        reading=_READING + (_real_reading(real) if real else ""),
    )


def _real_reading(real: RealComparison) -> str:
    return _REAL.format(
        sets=", ".join(f"{len(found.pairs)} of {found.name}" for found in real.sets),
        side=real.budget.test_side,
        steps=real.budget.steps,
        batch=real.budget.batch,
        crop=real.budget.crop,
        strong=STRONG,
        strength=REAL_METHODS[NOISY_AS_CLEAN].options["strength"],
    )
