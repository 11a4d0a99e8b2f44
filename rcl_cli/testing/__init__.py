"""Whether a plugin keeps its contract, for its author's tests and ours."""

from __future__ import annotations

from rcl_cli.testing.network import check_network
from rcl_cli.testing.pretext import check_pretext
from rcl_cli.testing.task import check_task

__all__ = ["check_network", "check_pretext", "check_task"]
