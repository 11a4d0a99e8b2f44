"""Model files: their header, their tensors, the store that keeps them, and which one a file gets."""
