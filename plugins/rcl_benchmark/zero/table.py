"""The page of denoising without labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rcl_benchmark.engine.block import INPUT
from rcl_benchmark.engine.page import About
from rcl_benchmark.engine.row import Row
from rcl_benchmark.engine.row_table import RowTable
from rcl_benchmark.tables.data import Data
from rcl_benchmark.zero.methods import METHODS, PEERS, REAL_METHODS
from rcl_benchmark.zero.presets import Budget

if TYPE_CHECKING:
    from rcl_benchmark.zero.comparison import Comparison


class Zero(RowTable):
    """Denoisers that learn without labels, beside supervised ones and BM3D, on simulated and on real noise."""

    name = "zero"
    title = "Denoising without labels"
    references = (INPUT, *PEERS, "supervised-told", "supervised")
    words: ClassVar[int] = 2
    columns: ClassVar[Mapping[str, Callable[[Row], str]]] = {
        "data": lambda row: row.data,
        "method": lambda row: row.method,
        "labels": lambda row: "–" if row.labels is None else str(row.labels),
        "PSNR (dB)": lambda row: f"{row.psnr_db:.2f}",
        "SSIM": lambda row: f"{row.ssim:.4f}",
        "seconds": lambda row: f"{row.seconds:.0f}",
    }

    def shown(self, row: Row) -> str:
        return "noisy input" if row.method == INPUT else row.method

    def in_order(self, rows: Sequence[Row]) -> list[Row]:
        """As the page has the methods: what learns once for all sets is measured before their other rows."""
        order = list(METHODS | REAL_METHODS)
        return sorted(rows, key=lambda row: order.index(row.method))

    def about(
        self, command: str, preset: str, data: Data, rows: Sequence[Row], simulated: Comparison, real: Comparison | None
    ) -> About:
        """What the page says of its run; `rows`: those of the page."""
        budget = simulated.budget
        settings = {
            "training": _training(budget),
            "learning rate": f"{budget.lr:g} (rising over {budget.rise:.0%}, falling over the last {budget.fall:.0%})",
            "network": f"width {budget.width}, depth {budget.depth}",
            "weight of the contrast": f"{simulated.contrast:g}",
            "all rows": f"{sum(row.seconds for row in rows) / 60:.0f} min",
        }
        facts = [
            f"Preset {preset}",
            f"Seed {simulated.seed}",
            f"{len(data.train[: budget.train_count])} pictures to learn from, {len(data.test)} to test on",
            f"Settings: {', '.join(f'{name} {value}' for name, value in settings.items())}",
        ]
        if real:
            named = ", ".join(f"{kind.count} of {kind.name}" for kind in real.kinds)
            middle = f"the middle {real.budget.test_side}² of each"
            facts.append(f"Real pairs: {named}, {middle}, training {_training(real.budget)}")
        return About(command, facts, simulated.device)


def _training(budget: Budget) -> str:
    return f"{budget.steps} steps of {budget.batch} crops of {budget.crop}²"


ZERO = Zero()
