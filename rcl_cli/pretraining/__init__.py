"""Pretraining: from noisy pictures and a pretext to a backbone; the loop, its settings, and what a run leaves."""
