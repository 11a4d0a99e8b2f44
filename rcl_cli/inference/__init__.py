"""From file to file: which model and noise level, tiles, what is written, and what is left as it is."""
