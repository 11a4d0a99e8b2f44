"""How a backbone is judged. Torch-free."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rcl_cli.errors import RclError

PROXY, FINETUNE = "proxy", "finetune"
MODES = (PROXY, FINETUNE)


@dataclass(frozen=True)
class Protocol:
    """How a backbone is judged. Raises RclError for values that cannot work."""

    mode: str = PROXY
    labels: int | None = 10
    """Clean pictures to learn from; 0: the backbone's own output, None: all."""
    trials: int = 5
    steps: int = 1000
    batch: int = 16
    """Crops a step."""
    crop: int = 64
    """Side of training crops in elements of the input, to be rounded up."""
    lr: float = 1e-3
    fall: float = 0.3
    """Part of the steps, at the end, in which the learning rate falls to 0."""
    pool: int = 512
    """Crops of a proxy trial: their features are computed once, and steps draw from them."""
    seed: int = 0
    noise_map: bool = False
    """Tell the network σ(x), where the task asks for it; the paper's does not know it."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise RclError(f"--mode takes {' or '.join(MODES)}, not {self.mode}")
        if min(self.trials, self.steps, self.batch, self.crop, self.pool) < 1 or not 0 < self.lr < math.inf:
            raise RclError("--trials, --steps, --batch, --crop and --pool must be at least 1, --lr above 0")

    @property
    def trains(self) -> bool:
        """Whether there are labels to learn from."""
        return self.labels != 0
