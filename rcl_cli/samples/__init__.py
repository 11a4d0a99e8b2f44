"""A simulated camera that photographs procedural scenes. Needs no torch."""
