"""Finetuning: from labels of one task to a head."""
