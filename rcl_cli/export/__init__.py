"""Heads for other programs: as ONNX graphs, and as packages for darktable."""
