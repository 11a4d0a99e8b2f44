"""`rcl benchmark table2`."""

from __future__ import annotations

from rcl_benchmark.table_verbs import table_command

command = table_command(
    "table2",
    """As table1, with other tasks: super-resolution, alone (sr) and with denoising (jdensr).

    Every method gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """,
)
