"""Finetuning: from pairs of one task to a head, with few labels."""

from __future__ import annotations

from rcl_cli.train.few_labels import FinetuneResult, FinetuneSettings, finetune, validate

__all__ = ["FinetuneResult", "FinetuneSettings", "finetune", "validate"]
