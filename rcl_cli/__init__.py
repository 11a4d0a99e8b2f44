"""`rcl`: noise calibration, residual contrastive pretraining and few-label heads for camera raws."""
