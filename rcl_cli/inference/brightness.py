"""Keeping a picture's mean brightness: a network's small bias must not tint or darken the whole of it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.curve import REST, Code
from rcl_cli.task import Task

_COLORS = (0, 1, 1, 2)
_WHITE_FROM = 0.9
_BLACK_TO = 0.01
_STRIP = 256
"""Rows looked at together, in elements; even, for the phase of X-Trans."""


def keep_mean(
    prediction: Tensor, x: Tensor, task: Task, domain: Domain, inside: tuple[slice, slice], *, displayed: bool = False
) -> Tensor:
    """Add one offset per colour to `prediction`, in place, so that its mean is that of `x`: (C_out, h·U, w·U).

    Compared is what the sensor would have seen of the prediction, over the elements `inside` the picture that no
    clipping can have touched: where the prediction, which unlike `x` has little noise, is below 0.9, and in RGB files
    above 0.01. Raw values below black are kept, so that dark areas of a mosaic count. No such element: no offset.

    `displayed`: on a curve like a display's. Noise in files that were stored for one goes as far up as down there; in
    linear light the same noise lifts the mean, and shadows would come out too bright.
    """
    code = Code(torch.tensor(REST) if displayed else None)
    rows, columns = inside
    error = torch.zeros(domain.channels, dtype=torch.float64)
    count = torch.zeros(domain.channels, dtype=torch.float64)
    for start in range(0, rows.stop, _STRIP):
        here = slice(start, min(start + _STRIP, rows.stop))
        strip = prediction[:, here.start * task.upsample(domain) : here.stop * task.upsample(domain)]
        kept = slice(max(rows.start - start, 0), None)
        seen = observed(strip, task, domain)[:, kept, columns]  # (C, rows of the strip, w)
        unclipped = seen < _WHITE_FROM
        if not domain.is_raw:
            unclipped &= seen > _BLACK_TO
        difference = code.encode(x[:, here, columns][:, kept]) - code.encode(seen)
        error += torch.where(unclipped, difference, 0.0).double().sum(dim=(1, 2))
        count += unclipped.sum(dim=(1, 2))
    for color in range(3):
        channels = _channels(domain, color)
        offset = error[channels].sum() / count[channels].sum().clamp(min=1)
        for channel in _channels(task.output(domain), color):
            for strip in torch.split(prediction[channel], _STRIP):
                strip.copy_(code.decode(code.encode(strip) + offset.float()))
    return prediction


def observed(prediction: Tensor, task: Task, domain: Domain) -> Tensor:
    """What a sensor of `domain` sees of a prediction: (C_out, h·U, w·U) → (C, h, w), like the input.

    A large pixel gathers the light of the small ones that it covers; then each filter passes its colour.
    """
    reduced = avg_pool2d(prediction, task.scale) if task.scale > 1 else prediction
    return reduced if task.output(domain) is domain else from_rgb(reduced, domain)


def _channels(domain: Domain, color: int) -> list[int]:
    return [i for i, plane in enumerate(domain.noise_planes) if _COLORS[plane] == color]
