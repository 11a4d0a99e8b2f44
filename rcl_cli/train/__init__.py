"""What every training shares: device, optimiser, state on disk, metrics log, the few-label loop."""
