"""Other blind estimators, measured on the same raws: two packages, and two published methods in short."""
