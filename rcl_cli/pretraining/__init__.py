"""Residual contrastive learning: residuals, distances, the losses, the training loop."""
