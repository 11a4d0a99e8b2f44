"""From file to file: tiling, the model, stitching, writing."""
