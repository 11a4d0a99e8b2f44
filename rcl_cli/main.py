"""The `rcl` command."""

from __future__ import annotations

import click


@click.group()
def cli() -> None:
    """Noise calibration, contrastive pretraining and few-label heads for camera raws."""
