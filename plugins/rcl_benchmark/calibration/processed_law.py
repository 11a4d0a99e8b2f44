"""How much of what flat blocks show is noise: `python -m rcl_benchmark.calibration.processed_law PHOTOGRAPHS` prints
the constants of `rcl_calibration.noise_law`, and what they are worth on photographs that they were not learnt on.

Photographs, each DRAWS times reduced, cropped and exposed otherwise, and TEXTURES fields of nothing but texture are
developed as cameras do (`developed`), two pictures each of one scene, whose difference is noise. Perceptrons of one
hidden layer learn from the traits of the first the QUANTILES of the part of the standard deviation that is noise: for
quantile q more than is noise costs 1 − q, less costs q. To say what it is worth, pictures of one part of the
photographs are judged by what the others gave. It takes some ten minutes of one core.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.developed import Development
from rcl_benchmark.calibration.photographs import Singles, singles
from rcl_benchmark.calibration.pictures import Picture
from rcl_calibration.flat_blocks import flat_blocks, sampled
from rcl_calibration.noise_law import Law
from rcl_calibration.noise_traits import traits
from rcl_calibration.plane_blocks import without_plane
from rcl_cli.raw.srgb import srgb_decode

Array = NDArray[np.float64]
DRAWS = 24
TEXTURES = 300
SIDE = 320
SIDES = (256, 384, 448)
"""Most pixels a side that are cut out."""
REDUCTION = (1.0, 2.8)
REDUCED = 0.6
"""Part of the photographs that are reduced, beyond what their own noise asks for."""
LEAST_SIDE = 140
QUANTILES = (0.1, 0.3)
"""Of what is believed of any picture, and of one whose spectrum shows that it was processed."""
HIDDEN = 8
STEPS, BATCH, RATE = 6000, 512, 0.01
DECAY = 1e-3
CUT = 0.01
"""Part of the rows at either end of each trait that is held to the next."""
FOLDS = 8
FAINT, PLAIN = 0.5, 6.0
"""σ of 255: fainter noise teaches nothing, and plainer noise counts no more."""
_SEED = 51


class Row(NamedTuple):
    """What one picture teaches."""

    photograph: int
    """A number of its own for a field of texture."""
    seen: Array
    """(F,) traits"""
    level: float
    """σ in flat blocks, of 255."""
    share: float
    """True part of it that is noise."""


def rows(folders: Sequence[Path], seed: int) -> Iterator[Row]:
    """Of developed photographs and textures."""
    photographs = singles(folders, seed)
    count = len(photographs.paths)
    for index in range(DRAWS * count + TEXTURES):
        rng = np.random.default_rng([seed, index])
        if index < DRAWS * count:
            which, light = _cut(photographs, index, rng)
        else:
            which, light = count + index, texture(rng)
        found = row(which, light, Development.draw(rng))
        if found is not None:
            yield found


def row(photograph: int, light: Picture, development: Development) -> Row | None:
    """None where nothing is flat, or what is there is not seen."""
    first, second = development.pictures(light)
    flat = flat_blocks(first)
    if flat is None:
        return None
    variance = float(flat.variance(flat.blocks).mean())
    level = 255 * variance**0.5
    if level < FAINT:
        return None
    noise = without_plane(sampled((first - second).astype(np.float64))[flat.inside])
    # The difference of two has twice the variance.
    share = float(np.sqrt(flat.variance(noise).mean() / 2 / variance))
    return Row(photograph, traits(flat), level, min(share, 1.0))


def texture(rng: np.random.Generator) -> Picture:
    """(SIDE, SIDE, 3) linear sRGB: nothing but texture, whose power falls with a random power of the frequency."""
    across, down = rng.uniform(0.5, 1.5, 2) if rng.random() < 0.5 else (1.0, 1.0)
    frequency = np.hypot(*np.meshgrid(down * np.fft.fftfreq(SIDE), across * np.fft.rfftfreq(SIDE), indexing="ij"))
    frequency[0, 0] = np.inf
    white = np.fft.rfft2(rng.standard_normal((4, SIDE, SIDE)))
    fields = np.fft.irfft2(white * frequency ** -rng.uniform(0.7, 2.2), s=(SIDE, SIDE))
    fields /= fields.std((1, 2), keepdims=True)
    own = rng.uniform(0, 0.3) if rng.random() < 0.5 else 0.0
    tint = rng.uniform(0.6, 1.1, (3, 1, 1)) if rng.random() < 0.5 else 1.0
    strength = np.exp(rng.uniform(np.log(3), np.log(40))) / 255
    values = rng.uniform(0.2, 0.8) + strength * tint * (np.sqrt(own) * fields[:3] + np.sqrt(1 - own) * fields[3:])
    return srgb_decode(np.clip(values, 0, 1).transpose(1, 2, 0))


def learn(known: Sequence[Row], quantile: float, steps: int = STEPS) -> Law:
    """Stochastic gradient descent with Adam's steps, which shrink to nothing."""
    rng = np.random.default_rng(0)
    seen = np.stack([one.seen for one in known])
    share = np.array([one.share for one in known])
    weight = np.clip([one.level for one in known], FAINT, PLAIN)
    weight /= weight.mean()
    low, high = np.quantile(seen, [CUT, 1 - CUT], axis=0)
    seen = np.clip(seen, low, high)
    mean, spread = seen.mean(0), seen.std(0) + 1e-9
    seen = (seen - mean) / spread
    size = seen.shape[1]
    first, last = rng.standard_normal((size, HIDDEN)) / size**0.5, rng.standard_normal(HIDDEN) / HIDDEN**0.5
    weights = [first, np.zeros(HIDDEN), last, np.zeros(1)]
    means, squares = ([np.zeros_like(one) for one in weights] for _ in range(2))
    for step in range(1, steps + 1):
        batch = rng.integers(len(seen), size=BATCH)
        x = seen[batch]
        hidden = np.tanh(x @ weights[0] + weights[1])
        found = 1 / (1 + np.exp(-(hidden @ weights[2] + weights[3])))
        cost = np.where(share[batch] > found, -quantile, 1 - quantile) * weight[batch] / BATCH
        outer = cost * found * (1 - found)
        inner = np.outer(outer, weights[2]) * (1 - hidden**2)
        gradients = [
            x.T @ inner + DECAY * weights[0],
            inner.sum(0),
            hidden.T @ outer + DECAY * weights[2],
            outer.sum(keepdims=True),
        ]
        rate = RATE * min(1, 2 * (1 - step / steps))
        for number, gradient in enumerate(gradients):
            means[number] = 0.9 * means[number] + 0.1 * gradient
            squares[number] = 0.999 * squares[number] + 0.001 * gradient**2
            way = means[number] / (1 - 0.9**step) / (np.sqrt(squares[number] / (1 - 0.999**step)) + 1e-9)
            weights[number] = weights[number] - rate * way
    first, offset, second, last = weights
    return Law(low, high, first / spread[:, None], offset - (mean / spread) @ first, second, float(last[0]))


def held_out(known: Sequence[Row], steps: int = STEPS) -> Iterator[tuple[Row, Array]]:
    """Each with the quantiles (2,) that what other photographs gave tells of it."""
    order = np.random.default_rng(0).permutation(max(one.photograph for one in known) + 1)
    fold = [int(order[one.photograph]) % FOLDS for one in known]
    for left_out in range(FOLDS):
        others = [one for one, part in zip(known, fold, strict=True) if part != left_out]
        laws = [learn(others, quantile, steps) for quantile in QUANTILES]
        for one, part in zip(known, fold, strict=True):
            if part == left_out:
                yield one, np.array([law.share(one.seen) for law in laws])


def _cut(photographs: Singles, index: int, rng: np.random.Generator) -> tuple[int, Picture]:
    """Which photograph, and a part of it: (h, w, 3) linear sRGB, of even sides."""
    light = photographs.nth(index, rng)
    if rng.random() < REDUCED:
        factor = max(min(rng.uniform(*REDUCTION), min(light.shape[:2]) / LEAST_SIDE), 1.0)
        size = round(light.shape[1] / factor), round(light.shape[0] / factor)
        light = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.float32)
    side = int(rng.choice(SIDES))
    height, width = (min(side, one) // 2 * 2 for one in light.shape[:2])
    y, x = (int(rng.integers(one - cut + 1)) for one, cut in zip(light.shape[:2], (height, width), strict=True))
    return photographs.which(index), np.ascontiguousarray(light[y : y + height, x : x + width])


def main(folders: Sequence[Path], seed: int) -> Iterator[str]:
    """The lines printed."""
    known = list(rows(folders, seed))
    found = list(held_out(known))
    share, believed = np.array([one.share for one, _ in found]), np.array([quantiles for _, quantiles in found])
    texture = share < 0.25
    yield f"{len(known)} pictures, held out by photograph"
    for name, part in (("texture", texture), ("part noise", ~texture & (share < 0.8)), ("noise", share >= 0.8)):
        for quantile, one in zip(QUANTILES, believed.T, strict=True):
            above = 100 * np.mean(one[part] > share[part] + 0.1)
            told = f"{100 * one[part].mean():.0f} % believed of {100 * share[part].mean():.0f} %"
            yield f"{name}, {part.sum()}, quantile {quantile:g}: {told}, 0.1 more than there is in {above:.1f} %"
    for title, quantile in zip(("CAUTIOUS", "BOLD"), QUANTILES, strict=True):
        learnt = learn(known, quantile)
        if title == "CAUTIOUS":
            yield f"LOWEST = {_code(learnt.lowest)}"
            yield f"HIGHEST = {_code(learnt.highest)}"
        yield f"{title} = Law(\n    lowest=LOWEST,\n    highest=HIGHEST,"
        for name in ("inner", "offsets", "outer", "end"):
            yield f"    {name}={_code(np.asarray(getattr(learnt, name)))},"
        yield ")"


def _code(values: Array) -> str:
    """To three digits."""
    if values.ndim == 0:
        return f"{values:.3g}"
    numbers = np.array2string(values, separator=", ", threshold=values.size + 1, formatter={"float": "{:.3g}".format})
    return f"np.array({numbers})"


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    for said in main([Path(sys.argv[1])], *(given or [_SEED])):
        sys.stdout.write(said + "\n")
