"""The curve through which coded networks see a picture: noise has about one size on it, and dark detail counts.

z = (√(x + b) − √b) / (√(1 + b) − √b) for x ≥ 0, and its tangent at 0 below: black is 0, white is 1, and noise below
black is kept. The bend b decides how far into the shadows the root reaches. With b = λ_read / λ_shot it is the
generalised Anscombe transform (Starck, Murtagh & Bijaoui 1998), scaled: noise of variance λ_shot·x + λ_read has the
same σ at every brightness. With a small b it is close to the curve of a display.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rcl_cli.nn.bend import REST as REST
from rcl_cli.nn.bend import bend_for as bend_for


@dataclass(frozen=True)
class Code:
    """The way to the curve and back, of a batch of pictures; without a bend values stay linear."""

    bend: Tensor | None
    """b, (N, 1, 1, 1) or of any shape that broadcasts to that of the values."""

    @classmethod
    def of(cls, bend: Tensor | float | None, *, coded: bool = True) -> Code:
        """For bends (N,), or one for all; None: `REST`. `coded`: False leaves all values linear."""
        if not coded:
            return cls(None)
        return cls(torch.as_tensor(REST if bend is None else bend).reshape(-1, 1, 1, 1))

    def encode(self, x: Tensor) -> Tensor:
        """x → z, elementwise."""
        if self.bend is None:
            return x
        root, span = self._root_and_span(x)
        return torch.where(x > 0, ((x.clamp_min(0) + root**2).sqrt() - root) / span, x / (2 * root * span))

    def decode(self, z: Tensor) -> Tensor:
        """The exact inverse of `encode`."""
        if self.bend is None:
            return z
        root, span = self._root_and_span(z)
        return torch.where(z > 0, (z.clamp_min(0) * span + root) ** 2 - root**2, z * (2 * root * span))

    def sigma(self, sigma: Tensor | None, x: Tensor) -> Tensor | None:
        """σ of noise at x → its σ at z, to first order: σ · dz/dx. None stays None."""
        if self.bend is None or sigma is None:
            return sigma
        root, span = self._root_and_span(x)
        return sigma / (2 * (x.clamp_min(0) + root**2).sqrt() * span)

    def _root_and_span(self, like: Tensor) -> tuple[Tensor, Tensor]:
        assert self.bend is not None
        bend = self.bend.to(like)
        return bend.sqrt(), (1 + bend).sqrt() - bend.sqrt()
