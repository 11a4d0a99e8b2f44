"""`rcl benchmark table3`."""

from __future__ import annotations

from rcl_benchmark.table_verbs import table_command

command = table_command(
    "table3",
    """Judge pretraining by how few labels a denoiser needs: all weights are finetuned, on 0, 10, 100, … labels.

    Every row gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """,
)
