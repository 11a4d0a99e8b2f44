"""A made-up camera photographing procedural scenes. Needs no torch."""
