"""How long the comparison takes: two minutes, half an hour of one core, or a GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Budget:
    """Network and training, the same for every row, and what is tested on."""

    steps: int
    batch: int
    crop: int
    """Side in elements."""
    width: int
    depth: int = 2
    lr: float = 1e-3
    rise: float = 0.03
    """Part of the steps, at the start, in which the learning rate rises from 0."""
    fall: float = 0.3
    """Part of the steps, at the end, in which it falls to 0."""
    train_count: int | None = None
    """Pictures to learn from; None: all."""
    test_count: int | None = None
    """Test pictures; None: all."""
    test_side: int = 320
    """Elements of the middle of each test picture, each way at most."""
    trials: int = 1
    """Trainings from different seeds."""


PRESETS = {
    "smoke": Budget(steps=30, batch=4, crop=32, width=8, train_count=12, test_count=3, test_side=64),
    "small": Budget(steps=1800, batch=8, crop=40, width=16, test_count=16, test_side=256),
    "paper": Budget(steps=40_000, batch=64, crop=128, width=32, depth=4, trials=3, test_side=512),
}
REAL_PRESETS = {
    "smoke": replace(PRESETS["smoke"], crop=48, train_count=None, test_count=None, test_side=64),
    "small": replace(PRESETS["small"], crop=48, test_count=None, test_side=128),
    "paper": replace(PRESETS["paper"], test_side=512),
}
"""The same on real pairs, of which all are learnt from and scored: `test_side` is small because BM3D is slow."""
