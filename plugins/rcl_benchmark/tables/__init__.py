"""The tables of the paper, measured: every method under one protocol, with the same pictures, seeds and budget."""
