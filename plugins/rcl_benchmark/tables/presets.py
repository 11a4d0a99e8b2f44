"""How long the tables take: seconds, an hour on two cores, or the paper's setting on a GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rcl_cli.evaluate.settings import FINETUNE, PROXY, Protocol
from rcl_cli.pretraining.settings import PretrainSettings

SIGMA_RANGE = (0.0, 20.0)
"""Of the noise at white, in 1/255 of the range (the paper, section 4)."""


@dataclass(frozen=True)
class Preset:
    """Sizes and budgets: the same for every row of a table."""

    pretrain: PretrainSettings
    proxy: Protocol
    finetune: Protocol
    """Its labels are those of table 3's rows."""
    label_counts: tuple[int, ...]
    """Of table 3; those beyond the data are left out, and all the data are added."""
    test_side: int
    """Pixels of the middle of each test picture, each way at most."""
    test_count: int | None = None
    """Test pictures; None: all."""

    def seeded(self, seed: int) -> Preset:
        """With everything random drawn from `seed`."""
        parts = {name: replace(getattr(self, name), seed=seed) for name in ("pretrain", "proxy", "finetune")}
        return replace(self, **parts)

    def oracle(self) -> Protocol:
        """The whole network on all labels, with the budget of a pretraining, once."""
        p = self.pretrain
        return replace(
            self.finetune, labels=None, trials=1, steps=p.steps, batch=p.batch, crop=p.crop, lr=p.lr, fall=p.fall
        )


def _pretrain(**values: object) -> PretrainSettings:
    base = PretrainSettings(sigma_range=SIGMA_RANGE, linear=True, domain="rgb", cache_size=500_000_000)
    return replace(base, **values)  # type: ignore[arg-type]


PRESETS = {
    "smoke": Preset(
        _pretrain(steps=20, batch=8, crop=32, network_options={"width": 8, "depth": 2}, encoder_steps=20),
        Protocol(PROXY, labels=4, trials=2, steps=100, batch=8, crop=32, pool=32),
        Protocol(FINETUNE, trials=2, steps=20, batch=4, crop=32),
        label_counts=(0, 10),
        test_side=96,
        test_count=6,
    ),
    "small": Preset(
        _pretrain(steps=600, batch=16, crop=48, network_options={"width": 16, "depth": 2}, encoder_steps=300),
        Protocol(PROXY, labels=10, trials=5, steps=1000, batch=8, crop=48, pool=256),
        Protocol(FINETUNE, trials=5, steps=300, batch=8, crop=48),
        label_counts=(0, 5, 10, 100),
        test_side=160,
    ),
    "paper": Preset(
        _pretrain(
            steps=20_000,
            batch=64,
            crop=128,
            fall=0.0,
            network_options={"width": 32, "depth": 4},
            encoder_steps=2000,
            cache_size=4_000_000_000,
        ),
        Protocol(PROXY, labels=10, trials=5, steps=4000, batch=16, crop=128, fall=0.0, pool=1024),
        Protocol(FINETUNE, trials=5, steps=4000, batch=16, crop=128, fall=0.0),
        label_counts=(0, 10, 100, 1000, 10_000),
        test_side=320,
    ),
}
