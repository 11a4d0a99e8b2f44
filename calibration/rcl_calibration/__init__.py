"""Noise calibration: the noise level function (λ_shot, λ_read) of a camera, from one image or many. Needs no torch."""
