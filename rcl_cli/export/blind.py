"""The noise of a picture, estimated inside a graph: programs that use a head may know nothing of noise.

As `rcl_calibration.processed`: of each sixth of the brightnesses the flattest quarter of the blocks counts.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pixel_unshuffle

_BLOCK = 8
_BINS = 6
_SHARE = 0.25
_CLIPPED = (4 / 255, 251 / 255)
_TINY = 1e-12


def flat_variance(displayed: Tensor) -> Tensor:
    """(1, C, H, W) as displayed → (C,): the variance of the noise, the same at every brightness.

    Correlated noise too: all that differs from a plane in flat blocks counts.
    """
    blocks = _blocks(displayed)  # (C, 64, N)
    means = blocks.mean(1, keepdim=True)
    rest, axis = blocks - means, torch.arange(_BLOCK) - (_BLOCK - 1) / 2
    for slope in (axis.repeat(_BLOCK), axis.repeat_interleave(_BLOCK)):
        unit = (slope / slope.norm()).view(1, -1, 1)
        rest = rest - unit * (unit * rest).sum(1, keepdim=True)
    weights, _ = _flattest(rest.square().mean(1), means.squeeze(1), _CLIPPED)
    return (weights.sum(0) * rest.square().mean(1)).sum(1) / weights.sum().clamp_min(1)


def line_of_variance(planes: Tensor) -> tuple[Tensor, Tensor]:
    """(1, C, h, w) linear, with white noise → λ_shot and λ_read of each channel, (C,) each, none below 0."""
    detail = _second_difference(_second_difference(planes, -1), -2) / 6
    fine = _blocks(detail).square().mean(1)  # (C, N)
    means = _blocks(planes[..., 1:-1, 1:-1]).mean(1)
    weights, _ = _flattest(fine, means, (-1.0, _CLIPPED[1]))  # (bins, N)
    count = weights.sum(1).clamp_min(1)
    x, variance = (means @ weights.T) / count, (fine @ weights.T) / count  # (C, bins)
    return _line(x.clamp_min(0), variance, weights.sum(1) > 0)


def _second_difference(x: Tensor, axis: int) -> Tensor:
    """Along both axes it sees neither planes nor straight edges (Immerkaer 1996); white noise is 36
    times as strong there."""
    inner = x.shape[axis] - 2
    return x.narrow(axis, 0, inner) - 2 * x.narrow(axis, 1, inner) + x.narrow(axis, 2, inner)


def _blocks(picture: Tensor) -> Tensor:
    """(1, C, H, W) → (C, 64, N), what is beyond whole blocks left out."""
    height, width = picture.shape[-2:]
    whole = picture[..., : height // _BLOCK * _BLOCK, : width // _BLOCK * _BLOCK]
    return pixel_unshuffle(whole.transpose(0, 1), _BLOCK).flatten(2)


def _flattest(energy: Tensor, means: Tensor, clipped: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """(C, N) twice → (bins, N): 1 for blocks that count in a bin of brightness; and how many are not clipped."""
    inside = ((means > clipped[0]) & (means < clipped[1])).all(0)  # (N,)
    number = inside.sum()
    # What is clipped comes last in both orders.
    brightness = torch.where(inside, means.mean(0), torch.full_like(means[0], 1e9))
    place = _rank(brightness)
    bins = torch.div(place * _BINS, number.clamp_min(1), rounding_mode="floor").clamp_max(_BINS)
    total = energy.mean(0)
    within = _rank(bins + 0.999 * total / total.max().clamp_min(_TINY))
    first = torch.div(bins * number + _BINS - 1, _BINS, rounding_mode="floor")
    chosen = inside & ((within - first) * _BINS < _SHARE * number)
    return (chosen & (bins == torch.arange(_BINS).unsqueeze(1))).to(means.dtype), number


def _rank(values: Tensor) -> Tensor:
    return torch.argsort(torch.argsort(values))


def _line(x: Tensor, variance: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Least relative squares of variance = shot·x + read, (C, bins) → (C,) twice; neither is negative."""
    weight = known / variance.clamp_min(_TINY) ** 2

    def total(values: Tensor) -> Tensor:
        return (weight * values).sum(1)

    w, wx, wxx, wv, wxv = (total(t) for t in (torch.ones_like(x), x, x * x, variance, x * variance))
    w, wxx = w.clamp_min(_TINY), wxx.clamp_min(_TINY)
    spread = w * wxx - wx * wx
    sound = spread > 1e-6 * w * wxx  # else all blocks have one brightness
    shot = torch.where(sound, (w * wxv - wx * wv) / torch.where(sound, spread, w), torch.zeros_like(w))
    read = (wv - shot * wx) / w
    flat = shot < 0
    shot, read = torch.where(flat, torch.zeros_like(shot), shot), torch.where(flat, wv / w, read)
    steep = read < 0
    return torch.where(steep, wxv / wxx, shot), torch.where(steep, torch.zeros_like(read), read)
