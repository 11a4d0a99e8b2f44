"""Keeping a picture's mean brightness: a network's small bias must not tint or darken the whole of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_cli.disk.scratch import let_go
from rcl_cli.domain import Domain
from rcl_cli.models.facts import Work
from rcl_cli.nn.bend import decoded, encoded
from rcl_cli.raw.pack import lattices

Float = NDArray[np.float32]
_COLORS = (0, 1, 1, 2)
_WHITE_FROM = 0.9
_BLACK_TO = 0.01
_STRIP = 256
"""Rows looked at together, in elements; even, for the phase of X-Trans."""


def keep_mean(
    prediction: Float, x: Float, task: Work, domain: Domain, inside: tuple[slice, slice], *, displayed: bool = False
) -> Float:
    """Add one offset per colour to `prediction`, in place, so that its mean is that of `x`: (C_out, h·U, w·U).

    Compared is what the sensor would have seen of the prediction, over the elements `inside` the picture that no
    clipping can have touched: where the prediction, which unlike `x` has little noise, is below 0.9, and in RGB files
    above 0.01. Raw values below black are kept, so that dark areas of a mosaic count. No such element: no offset.

    `displayed`: on a curve like a display's. Noise in files that were stored for one goes as far up as down there; in
    linear light the same noise lifts the mean, and shadows would come out too bright.
    """
    encode, decode = (encoded, decoded) if displayed else (_same, _same)
    rows, columns = inside
    error = np.zeros(domain.channels)
    count = np.zeros(domain.channels)
    for start in range(0, rows.stop, _STRIP):
        here = slice(start, min(start + _STRIP, rows.stop))
        strip = prediction[:, here.start * task.upsample(domain) : here.stop * task.upsample(domain)]
        kept = slice(max(rows.start - start, 0), None)
        seen = observed(strip, task, domain)[:, kept, columns]  # (C, rows of the strip, w)
        unclipped = seen < _WHITE_FROM
        if not domain.is_raw:
            unclipped &= seen > _BLACK_TO
        difference = encode(x[:, here, columns][:, kept]) - encode(seen)
        error += np.sum(difference, axis=(1, 2), where=unclipped, dtype=np.float64)
        count += unclipped.sum(axis=(1, 2))
        let_go(strip)
    own = [_channels(domain, color) for color in range(3)]
    offsets = [np.float32(error[channels].sum() / max(count[channels].sum(), 1)) for channels in own]
    for start in range(0, prediction.shape[1], _STRIP):
        strip = prediction[:, start : start + _STRIP]
        for color, offset in enumerate(offsets):
            for channel in _channels(task.output(domain), color):
                strip[channel] = decode(encode(strip[channel]) + offset)
        let_go(strip)
    return prediction


def observed(prediction: Float, task: Work, domain: Domain) -> Float:
    """What a sensor of `domain` sees of a prediction: (C_out, h·U, w·U) → (C, h, w), like the input.

    A large pixel gathers the light of the small ones that it covers; then each filter passes its colour.
    """
    reduced, scale = prediction, task.scale
    if scale > 1:
        channels, height, width = prediction.shape
        blocks = prediction.reshape(channels, height // scale, scale, width // scale, scale)
        reduced = blocks.mean(axis=(2, 4))
    if task.output(domain) is domain:
        return reduced
    height, width = (side // domain.pixels for side in reduced.shape[1:])
    planes = np.empty((domain.channels, height, width), np.float32)
    for elements, pixels in lattices(domain):
        planes[elements] = reduced[(_COLORS[domain.noise_planes[elements[0]]], *pixels)]
    return planes


def _same(values: Float) -> Float:
    return values


def _channels(domain: Domain, color: int) -> list[int]:
    return [i for i, plane in enumerate(domain.noise_planes) if _COLORS[plane] == color]
