"""`rcl benchmark table1`."""

from __future__ import annotations

from rcl_benchmark.table_verbs import table_command

command = table_command(
    "table1",
    """Judge pretraining by denoising: the backbone is frozen, a new last layer learns from few labels.

    Every method gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """,
)
