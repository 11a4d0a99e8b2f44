"""The names of regimes and estimators, for the command line: nothing heavy is imported for them."""

from __future__ import annotations

REGIMES = ("sensor", "paper")
BLIND, POOL, PAIR = "rcl-blind", "rcl-pool-4", "rcl-pair"
PROCEDURAL, SINGLE, SHEET, XTRANS = "", "single photographs", "sheets of six", "single photographs, X-Trans"
KINDS = (SINGLE, SHEET, XTRANS)
"""What raws are made of, where it is photographs."""
METHODS = (BLIND, POOL, PAIR, "scikit-image", "miniraw", "percentile", "homogeneous")
"""In the order of the tables."""


def is_ours(method: str) -> bool:
    """True for rcl's own."""
    return method.startswith("rcl")
