"""Several pretexts at once: one, and those that join it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from rcl_cli.data.crops import random_crops
from rcl_cli.pretext import Batch, Losses, Pictures, Pretext, PretextSetup, Restorer, Views


class Combined(Pretext):
    """The sum of the losses of `main` and of the pretexts that join it; each sees views of its own."""

    name = "combined"

    def __init__(self, setup: PretextSetup, main: Pretext, joining: Sequence[Pretext]) -> None:
        super().__init__(replace(setup, options={}))
        self.main = main
        self.parts = (main, *joining)
        self.denoises = main.denoises

    @property
    def margin(self) -> int:
        """The largest that a part needs."""
        return max(part.margin for part in self.parts)

    def describe(self) -> dict[str, Any]:
        """The settings of `main`, and those of each that joins it under its name."""
        return self.main.describe() | {part.name: part.describe() for part in self.parts[1:]}

    def build_modules(self, model: Restorer) -> nn.Module:
        """Those of every part, by its name."""
        return nn.ModuleDict({part.name: part.build_modules(model) for part in self.parts})

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """Every part's, as "PART.VIEW". Those that join clean pictures see them with noise, as they expect."""
        found: Views = {}
        for part in self.parts:
            regions = random_crops(batch.pictures, self.setup.crop + part.margin, self.setup.domain, rng)
            own = replace(batch, pictures=regions)
            if self.main.pictures is Pictures.CLEAN and part.pictures is not Pictures.CLEAN:
                own = own.noisy(self.setup.domain, rng)
            found |= {f"{part.name}.{name}": view for name, view in part.views(own, rng).items()}
        return found

    def loss(self, model: Restorer, views: Views) -> Losses:
        """The sum; a part without terms of its own is one, under its name."""
        total: list[Tensor] = []
        terms: dict[str, Tensor] = {}
        log: dict[str, float | Tensor] = {}
        for part in self.parts:
            prefix = f"{part.name}."
            losses = part.loss(model, {k.removeprefix(prefix): v for k, v in views.items() if k.startswith(prefix)})
            total.append(losses.total)
            terms |= losses.terms or {part.name: losses.total}
            log |= losses.log
        return Losses(torch.stack(total).sum(), terms, log)
