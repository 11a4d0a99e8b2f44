"""The consistency term alone: the restored picture looks to the encoder like the noisy one."""

from __future__ import annotations

import torch

from rcl_cli.data.batch import Batch
from rcl_cli.errors import RclError
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, Restorer, Views
from rcl_cli.pretrain.loss import consistency_loss
from rcl_pretexts.options import Configured


class Consistency(Configured):
    """‖φ(g_e(x)) − φ(g_e(f(x)))‖² (Dong et al., eq. 5); also what --consistency adds.

    Mean over a layer's elements and over the layers, summed over pictures.
    """

    name = "consistency"
    uses_encoder = True

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`x`, the pictures."""
        return {"x": batch.pictures}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """Raises RclError where the run has no encoder."""
        encoder, x = self.setup.encoder, views["x"]
        if encoder is None:
            raise RclError("the consistency term compares features of an encoder; leave out --encoder none")
        with torch.no_grad():
            of_input = encoder(x)
        total = consistency_loss(of_input, encoder(model(x))).sum()
        return Losses(total, {"consistency": total}, {"consistency": total.item() / len(x)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext consistency`."""
    return Consistency
