"""The consistency term alone: the restored picture looks to the encoder like the noisy one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from rcl_cli.errors import RclError
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.pretext import Batch, Losses, Pretext, Restorer, Views
from rcl_pretexts.loss import consistency_loss


class Consistency(Pretext):
    """‖φ(g_e(x)) − φ(g_e(f(x)))‖² (Dong et al., eq. 5); for `--join consistency` as well.

    Mean over a layer's elements and over the layers, summed over pictures.
    """

    name = "consistency"

    @classmethod
    def wants_encoder(cls, options: Mapping[str, Any], noise_levels: bool, joins: bool = False) -> bool:
        """Always."""
        return True

    def build_modules(self, model: Restorer) -> nn.Module:
        """None. Raises RclError where the run has no encoder."""
        if self.setup.encoder is None:
            raise RclError("the consistency term compares features of an encoder; leave out --encoder none")
        return super().build_modules(model)

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`x`, the pictures."""
        return {"x": batch.pictures}

    def loss(self, model: Restorer, views: Views) -> Losses:
        encoder, x = self.setup.encoder, views["x"]
        assert encoder is not None  # see build_modules
        with torch.no_grad():
            of_input = encoder(x)
        total = consistency_loss(of_input, encoder(model(x))).sum()
        return Losses(total, {"consistency": total}, {"consistency": total.detach() / len(x)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext consistency`."""
    return Consistency
