"""Blind noise estimators, ours and others', on simulated raws whose noise is known."""
