"""Why a picture was left as it is: told to whoever expects another one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rcl_calibration.profile import NoiseProfile
from rcl_cli.inference.tiling import Float
from rcl_cli.profiles.cautious import MIDTONE, UNSEEN

_SAME = 1e-5
"""Of white: less than a step of 16 bits."""
_STRIP = 256
_ADVICE = "give a picture of the same camera and settings with flat parts, or a file of noise profiles: --profile FILE"


class Unchanged(NamedTuple):
    """A reason, the same for many pictures, what it is in this one, and what can be done; "" where there is nothing."""

    reason: str
    detail: str = ""
    advice: str = ""

    def __str__(self) -> str:
        """One sentence about one picture."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"left as it is: {self.reason}{detail}{self.advised}"

    @property
    def advised(self) -> str:
        """The advice, to stand behind the reason."""
        return f"; {self.advice}" if self.advice else ""


def is_same(result: Float, x: Float) -> bool:
    """Whether (C, h, w) is what it was, but for rounding; of another size it is not."""
    return result.shape == x.shape and all(
        bool(np.allclose(result[:, start : start + _STRIP], x[:, start : start + _STRIP], rtol=_SAME, atol=_SAME))
        for start in range(0, x.shape[1], _STRIP)
    )


def why_unchanged(
    told: NoiseProfile | None, estimate: NoiseProfile | None, source: str, *, asked_for_nothing: bool
) -> Unchanged:
    """Of a picture that came out as it was.

    `told`: the noise level that the network heard of; `estimate`: the one that it is the cautious part of, if so;
    `source`: where it came from, as `Record.noise`; `asked_for_nothing`: the strength was 0.
    """
    if asked_for_nothing:
        return Unchanged("the strength is 0")
    if told is None or told.any_noise:
        return Unchanged("nothing was found to remove")
    if source != "blind":
        return Unchanged("the noise profile is of no noise", source)
    found = estimate or told
    if found.quality != "unidentifiable" and float(found.sigma(MIDTONE)) < UNSEEN:
        return Unchanged("no noise was found that could be seen", found.reason)
    if found.quality == "unidentifiable":
        return Unchanged("the noise level is not known", found.reason, _ADVICE)
    return Unchanged("what looks like noise may be texture", found.reason, _ADVICE)
