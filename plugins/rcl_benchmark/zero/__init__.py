"""Denoisers that learn without labels, beside a fully supervised network and BM3D."""
