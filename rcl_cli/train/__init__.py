"""What every training shares: device, optimiser and schedule, state on disk, log, training with few labels."""
