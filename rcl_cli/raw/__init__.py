"""Raw and RGB files in and out: decoding, levels, CFA phase, metadata, writing. Needs no torch."""
