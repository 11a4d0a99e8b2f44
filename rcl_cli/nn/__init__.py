"""Layers that others build on: heads, the fixed encoder, how colour filters lie in tensors."""
